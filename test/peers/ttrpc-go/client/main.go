// A client on containerd's own ttrpc.
//
//	client SOCKET          makes the calls of the test and prints one JSON object with what came of each
//	client SOCKET bench    prints {"rttMicros","callsPerSecond"}: pings one after the other, and 64 at once
package main

import (
	"context"
	"encoding/json"
	"log"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/status"

	pb "peer/arcboxv1"
)

const service = "arcbox.v1.AgentService"

// What came of one call.
type outcome struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type caller struct{ client *ttrpc.Client }

func (c caller) ping(ctx context.Context, service, method, text string) outcome {
	response := &pb.AgentPingResponse{}
	err := c.client.Call(ctx, service, method, &pb.AgentPingRequest{Message: text}, response)
	return describe(err, response.Message)
}

func describe(err error, message string) outcome {
	if err != nil {
		message = err.Error()
	}
	return outcome{status.Code(err).String(), message}
}

func (c caller) runCalls() map[string]outcome {
	ctx := context.Background()
	outcomes := map[string]outcome{}
	withMetadata := ttrpc.WithMetadata(ctx, ttrpc.MD{"key": {"one", "two"}})
	outcomes["ping"] = c.ping(withMetadata, service, "Ping", "hello")
	outcomes["unknown method"] = c.ping(ctx, service, "Nope", "")
	outcomes["unknown service"] = c.ping(ctx, "x.Y", "Ping", "")
	info := &pb.SystemInfo{}
	outcomes["system info"] = describe(c.client.Call(ctx, service, "GetSystemInfo", &pb.Empty{}, info), info.OsName)
	runtime := &pb.RuntimeStatusResponse{}
	err := c.client.Call(ctx, service, "GetRuntimeStatus", &pb.RuntimeStatusRequest{}, runtime)
	outcomes["runtime status"] = describe(err, runtime.Detail)
	ensured := &pb.RuntimeEnsureResponse{}
	err = c.client.Call(ctx, service, "EnsureRuntime", &pb.RuntimeEnsureRequest{}, ensured)
	outcomes["ensure"] = describe(err, ensured.Status)
	expired, cancel := context.WithTimeout(ctx, time.Nanosecond)
	outcomes["deadline"] = c.ping(expired, service, "Ping", "")
	cancel()
	outcomes["too large"] = c.ping(ctx, service, "Ping", strings.Repeat("x", 5<<20))
	outcomes["after all that"] = c.ping(ctx, service, "Ping", "still here")
	return outcomes
}

type numbers struct {
	RttMicros      float64 `json:"rttMicros"`
	CallsPerSecond float64 `json:"callsPerSecond"`
}

func (c caller) bench() numbers {
	const warmUp, sequential, concurrent = 30000, 20000, 100000
	text := strings.Repeat("0123456789", 6)
	call := func() {
		if result := c.ping(context.Background(), service, "Ping", text); result.Code != "OK" {
			log.Fatal(result.Message)
		}
	}
	atOnce(call, warmUp)
	oneByOne(call, warmUp)
	return numbers{
		medianMicros(func(calls int) { oneByOne(call, calls) }, sequential),
		1e6 / medianMicros(func(calls int) { atOnce(call, calls) }, concurrent),
	}
}

func oneByOne(call func(), calls int) {
	for made := 0; made < calls; made++ {
		call()
	}
}

func atOnce(call func(), calls int) {
	const callsAtOnce = 64
	var made int64
	var workers sync.WaitGroup
	for i := 0; i < callsAtOnce; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for atomic.AddInt64(&made, 1) <= int64(calls) {
				call()
			}
		}()
	}
	workers.Wait()
}

// Microseconds of one call: the median over blocks, as the other clients measure.
func medianMicros(run func(calls int), calls int) float64 {
	const blocks = 20
	micros := make([]float64, blocks)
	for block := range micros {
		start := time.Now()
		run(calls / blocks)
		micros[block] = float64(time.Since(start).Nanoseconds()) / 1e3 / float64(calls/blocks)
	}
	sort.Float64s(micros)
	return (micros[blocks/2-1] + micros[blocks/2]) / 2
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: client SOCKET [bench]")
	}
	connection, err := net.Dial("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	c := caller{ttrpc.NewClient(connection)}
	var result interface{}
	if len(os.Args) > 2 {
		result = c.bench()
	} else {
		result = c.runCalls()
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}
