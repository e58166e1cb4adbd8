"""A client on Python's gRPC: client.py ADDRESS MESSAGES. Prints one JSON object with what came of each call."""

import json
import sys

import grpc

sys.path.insert(0, sys.argv[2])
from arcbox.v1 import agent_pb2 as agent  # noqa: E402
from arcbox.v1 import common_pb2 as common  # noqa: E402

channel = grpc.insecure_channel(sys.argv[1])


def call(method, request, response, service="arcbox.v1.AgentService", timeout=30):
    rpc = channel.unary_unary(f"/{service}/{method}", type(request).SerializeToString, response.FromString)
    try:
        return rpc(request, timeout=timeout)
    except grpc.RpcError as error:
        return f"{error.code().name}: {error.details()}"


def first_of_stream():
    stream = channel.unary_stream("/sandlight.v1.NotificationService/WatchPorts")(b"", timeout=30)
    first = next(stream).hex()
    stream.cancel()
    return first


ping = agent.AgentPingRequest(message="hello")
print(
    json.dumps(
        {
            "ping": call("Ping", ping, agent.AgentPingResponse).message,
            "system info": call("GetSystemInfo", common.Empty(), agent.SystemInfo).os_name,
            "unknown method": call("Nope", ping, agent.AgentPingResponse),
            "clock": call("Ping", agent.AgentPingRequest(timestamp_secs=1), agent.AgentPingResponse).message,
            "first port event": first_of_stream(),
        }
    )
)
