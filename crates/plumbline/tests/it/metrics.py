"""Reads an exposition with the client that Prometheus itself publishes."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

found = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        labels = [value for name, value in sample.labels.items() if name != "le"]
        found[" ".join([sample.name, *labels])] = sample.value
json.dump(found, sys.stdout)
