"""A transform in Python: masks e-mail addresses, and drops the records of types that its config names.

It knows nothing of sidecars: it serves its own package, and reflection (v1alpha alone, as grpcio-reflection does).
"""

import json
import signal
import sys
from concurrent import futures

import grpc
from acme.filters.v2 import filters_pb2 as pb
from acme.filters.v2 import filters_pb2_grpc
from grpc_reflection.v1alpha import reflection

SERVICE = pb.DESCRIPTOR.services_by_name["FilterTransform"].full_name


def masked(row):
    person = json.loads(row.payload)
    name, _, domain = person["email"].partition("@")
    person["email"] = f"{name[0]}***@{domain}"
    result = pb.Row()
    result.CopyFrom(row)
    result.payload = json.dumps(person).encode()
    result.metadata["masked-by"] = "python"
    return result


def decide(row, dropped_types):
    if row.record_type in dropped_types:
        return pb.Verdict(original_id=row.id, status=pb.OUTCOME_DROPPED)
    try:
        return pb.Verdict(original_id=row.id, status=pb.OUTCOME_KEPT, output_records=[masked(row)])
    except (ValueError, KeyError) as error:
        return pb.Verdict(original_id=row.id, status=pb.OUTCOME_FAULTY, error_message=f"no e-mail: {error!r}")


class Filter(filters_pb2_grpc.FilterTransformServicer):
    def ProcessBatch(self, request, context):
        dropped_types = request.transform_config["dropTypes"].split(",")
        results = [decide(row, dropped_types) for row in request.input_batch.records]
        return pb.FilterResponse(batch_id=request.input_batch.batch_id, results=results)

    def GetCapabilities(self, request, context):
        return pb.FilterAbilities(transform_id="mask-email", max_batch_size=50)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    filters_pb2_grpc.add_FilterTransformServicer_to_server(Filter(), server)
    reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), server)
    port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    server.start()
    print(f"listening {port}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: server.stop(1))
    server.wait_for_termination()


main()
