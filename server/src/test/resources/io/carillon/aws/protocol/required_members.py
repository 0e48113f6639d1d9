"""Prints the members that botocore's model of a service insists on: a line for each structure that a
request may hold, with the name of the SDK's class.

    python3 required_members.py SERVICE LIST_OF_OPERATIONS > SERVICE.required
"""

import sys

import botocore.session

service, operations = sys.argv[1:]
model = botocore.session.get_session().get_service_model(service)
lines = {}


def visit(shape, name=None):
    if shape.type_name == "list":
        visit(shape.member)
    elif shape.type_name == "map":
        visit(shape.value)
    elif shape.type_name == "structure":
        name = name or shape.name[0].upper() + shape.name[1:]
        if name not in lines:
            lines[name] = sorted(shape.required_members)
            for member in shape.members.values():
                visit(member)


for line in open(operations):
    operation, request = line.split("\t")[:2]
    if operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        if shape is not None:
            visit(shape, request + "Request")

for name, required in sorted(lines.items()):
    if required:
        print(name + "\t" + ",".join(required))
