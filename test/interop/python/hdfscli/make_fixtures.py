"""Stands in for the data files that hdfscli's source package leaves out. Called with the folder of its tests."""

import json
import os
import sys

import fastavro

SCHEMA = {
    "type": "record",
    "name": "test.Weather",
    "fields": [
        {"name": "station", "type": "string"},
        {"name": "time", "type": "long"},
        {"name": "temp", "type": "int"},
    ],
}
RECORDS = [
    {"station": "north", "time": 1_433_269_388, "temp": 0},
    {"station": "north", "time": 1_433_270_389, "temp": 22},
    {"station": "south", "time": 1_433_273_379, "temp": -11},
    {"station": "south", "time": 1_433_275_478, "temp": 111},
]
CLIENT_MODULE = """from hdfs.client import Client


class $class_name(Client):
    one = 1
"""

tests = sys.argv[1]
data = os.path.join(tests, "dat")
os.makedirs(data)
os.makedirs(os.path.join(tests, os.pardir, "examples"))
# Without it the standard library's package of the same name is taken.
open(os.path.join(tests, "__init__.py"), "w").close()
with open(os.path.join(data, "client_template.py"), "w") as writer:
    writer.write(CLIENT_MODULE)
with open(os.path.join(data, "weather.avsc"), "w") as writer:
    json.dump(SCHEMA, writer)
with open(os.path.join(data, "weather.jsonl"), "w") as writer:
    writer.writelines(json.dumps(record) + "\n" for record in RECORDS)
with open(os.path.join(data, "weather.avro"), "wb") as writer:
    fastavro.writer(writer, SCHEMA, RECORDS)
