"""Reads the services of a server by reflection alone, and calls one method that it names, as generic clients do.

Prints JSON: the methods of each service, and the answer to an empty request.
"""

import json
import sys

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

endpoint, called = sys.argv[1:]
channel = grpc.insecure_channel(endpoint)
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)  # checks every file: imports, types, numbers


def call(service, method):
    described = pool.FindServiceByName(service).FindMethodByName(method)
    request, response = GetMessageClass(described.input_type), GetMessageClass(described.output_type)
    rpc = channel.unary_unary(f"/{service}/{method}", request.SerializeToString, response.FromString)
    return json_format.MessageToDict(rpc(request(), timeout=5), preserving_proto_field_name=True)


print(json.dumps({
    "services": {name: [method.name for method in pool.FindServiceByName(name).methods]
                 for name in database.get_services()},
    "answer": call(*called.split("/")),
}))
