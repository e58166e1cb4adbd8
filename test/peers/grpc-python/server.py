"""A guest agent on Python's gRPC: server.py ADDRESS MESSAGES, where MESSAGES holds the generated modules.

Prints "listening" when it is. The text of a Ping says what becomes of it: "wait SECONDS", "refuse" or "grow BYTES".
"""

import sys
import time
from concurrent import futures

import grpc

sys.path.insert(0, sys.argv[2])
from arcbox.v1 import agent_pb2 as agent  # noqa: E402
from arcbox.v1 import common_pb2 as common  # noqa: E402


def ping(request, context):
    word, _, rest = request.message.partition(" ")
    if word == "wait":
        time.sleep(float(rest))
    if word == "refuse":
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not yet")
    if word == "grow":
        return agent.AgentPingResponse(message="g" * int(rest))
    return agent.AgentPingResponse(message="pong: " + request.message, version="0.1.4")


def system_info(_request, _context):
    # Numbers that a double cannot hold.
    return agent.SystemInfo(os_name="Linux", total_memory=2**63 + 1, uptime=2**53 + 1)


def watch(request, _context):
    """Streams what no schema knows: its request's bytes, one a message, then an error."""
    for byte in request:
        yield bytes([byte])
    raise RuntimeError("enough")


def unary(handle, request, response):
    return grpc.unary_unary_rpc_method_handler(handle, request.FromString, response.SerializeToString)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
server.add_generic_rpc_handlers(
    [
        grpc.method_handlers_generic_handler(
            "arcbox.v1.AgentService",
            {
                "Ping": unary(ping, agent.AgentPingRequest, agent.AgentPingResponse),
                "GetSystemInfo": unary(system_info, common.Empty, agent.SystemInfo),
            },
        ),
        grpc.method_handlers_generic_handler("test.Stream", {"Watch": grpc.unary_stream_rpc_method_handler(watch)}),
    ]
)
server.add_insecure_port(sys.argv[1])
server.start()
print("listening", flush=True)
server.wait_for_termination()
