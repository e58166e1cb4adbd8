// A guest agent on containerd's own ttrpc: server SOCKET. Prints "listening" when it is.
// The text of a Ping says what becomes of it: "wait DURATION", "fail", "refuse" or "grow BYTES".
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "peer/arcboxv1"
)

func ping(ctx context.Context, request *pb.AgentPingRequest) (*pb.AgentPingResponse, error) {
	word, rest, _ := strings.Cut(request.Message, " ")
	switch word {
	case "wait":
		duration, err := time.ParseDuration(rest)
		if err != nil {
			return nil, err
		}
		select {
		case <-time.After(duration):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case "fail":
		return nil, errors.New("it failed")
	case "refuse":
		return nil, status.Error(codes.FailedPrecondition, "not yet")
	case "grow":
		size, err := strconv.Atoi(rest)
		if err != nil {
			return nil, err
		}
		return &pb.AgentPingResponse{Message: strings.Repeat("g", size)}, nil
	}
	return &pb.AgentPingResponse{Message: "pong: " + request.Message, Version: "0.1.4"}, nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: server SOCKET")
	}
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server, err := ttrpc.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	server.Register("arcbox.v1.AgentService", map[string]ttrpc.Method{
		"Ping": func(ctx context.Context, decode func(interface{}) error) (interface{}, error) {
			request := &pb.AgentPingRequest{}
			if err := decode(request); err != nil {
				return nil, err
			}
			return ping(ctx, request)
		},
		"GetSystemInfo": func(ctx context.Context, decode func(interface{}) error) (interface{}, error) {
			// Numbers that a double cannot hold.
			return &pb.SystemInfo{
				OsName: "Linux", TotalMemory: 1<<63 + 1, Uptime: 1<<53 + 1, LoadAverage: []float64{0.5, 0.25, 0.125},
			}, decode(&pb.Empty{})
		},
		"GetRuntimeStatus": func(ctx context.Context, decode func(interface{}) error) (interface{}, error) {
			// An empty message: its response has no body at all.
			return &pb.RuntimeStatusResponse{}, decode(&pb.RuntimeStatusRequest{})
		},
	})
	fmt.Println("listening")
	log.Fatal(server.Serve(context.Background(), listener))
}
