"""A source in Python: pushes records by PushRecords within its credits, and keeps each until it is acknowledged.

What comes back with RETRY is sent again. The last line of output is the sum, as JSON.
"""

import argparse
import importlib
import json
import queue
import time

import grpc

arguments = argparse.ArgumentParser()
arguments.add_argument("--endpoint", required=True)
arguments.add_argument("--prefix", default="conveyor", help="package prefix of the protocol")
arguments.add_argument("--source-id", required=True)
arguments.add_argument("--records", type=int, required=True)
arguments.add_argument("--batch-size", type=int, default=20)
options = arguments.parse_args()

common = importlib.import_module(f"{options.prefix}.common_pb2")
pb = importlib.import_module(f"{options.prefix}.sidecar_pb2")
rpc = importlib.import_module(f"{options.prefix}.sidecar_pb2_grpc")


def record(number):
    """Every tenth is of a type of its own, and every hundredth has no e-mail address."""
    person = {"number": number} if number % 100 == 99 else {"number": number, "email": f"user{number}@example.com"}
    return common.Record(
        id=common.RecordId(source_id=options.source_id, sequence_number=number),
        record_type="internal" if number % 10 == 0 else "person",
        payload=json.dumps(person).encode(),
    )


class Source:
    def __init__(self):
        self.outbox = queue.SimpleQueue()  # to the stream; None ends it
        self.waiting = [range(at, min(at + options.batch_size, options.records))
                        for at in range(0, options.records, options.batch_size)]
        self.waiting.reverse()
        self.open = {}
        self.credits = 0
        self.paused = False
        self.sum = {"succeeded": 0, "failed": 0, "retried": 0, "codes": {}}

    def run(self):
        self.outbox.put(pb.PushRecordsRequest(init=pb.PushInit(source_id=options.source_id)))
        stub = rpc.SidecarDataPlaneStub(grpc.insecure_channel(options.endpoint))
        try:
            for message in stub.PushRecords(iter(self.outbox.get, None), wait_for_ready=True):
                kind = message.WhichOneof("msg")
                getattr(self, f"on_{kind}")(getattr(message, kind))
                self.send()
        finally:
            self.outbox.put(None)
        return self.sum

    def on_credits(self, credits):
        self.credits += credits.granted

    def on_backpressure(self, backpressure):
        self.paused = backpressure.pause

    def on_ack(self, ack):
        del self.open[ack.batch_id]
        again = [each for each in ack.record_acks if each.status == pb.ACK_STATUS_RETRY]
        failed = [each for each in ack.record_acks if each.status == pb.ACK_STATUS_FAILED]
        self.sum["succeeded"] += len(ack.record_acks) - len(again) - len(failed)
        self.sum["failed"] += len(failed)
        self.sum["retried"] += len(again)
        for each in again + failed:
            self.sum["codes"][each.code] = self.sum["codes"].get(each.code, 0) + 1
        if again:
            time.sleep(0.05)
            self.waiting.append([each.record_id.sequence_number for each in again])

    def send(self):
        while self.waiting and self.credits > 0 and not self.paused:
            numbers = self.waiting.pop()
            batch = common.RecordBatch(batch_id=f"{numbers[0]}-{time.monotonic_ns()}", records=map(record, numbers))
            self.credits -= len(numbers)
            self.open[batch.batch_id] = numbers
            self.outbox.put(pb.PushRecordsRequest(batch=batch))
        if not self.waiting and not self.open:
            self.outbox.put(None)


print(json.dumps(Source().run()), flush=True)
