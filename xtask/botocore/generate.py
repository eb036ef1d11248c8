#!/usr/bin/env python3
"""Write the operation table of the `aws` crate from the service models that botocore ships.

Run by a developer, with `botocore` and `zstandard` installed:

    python xtask/botocore/generate.py              # writes crates/aws/data/operations.bin.zst
    python xtask/botocore/generate.py --check      # fails when the file on disk differs from what would be written
    python xtask/botocore/generate.py --list       # prints every operation of the table

The output depends on the versions of botocore and zstandard alone. To add a service, add its name to SERVICES.

Layout of the file (little endian). Everything but the frame is postcard, decoded by `crates/aws/src/table/document.rs`:

    b"PWO1" | u32 length of index | index: [(name, u32 length)] | one zstd frame for each entry of the index

The entry named `` (empty) holds the partitions; each other entry is one service and can be read without the rest.
"""

import argparse
import fnmatch
import pathlib
import re
import struct
import sys

import botocore
import botocore.session
import zstandard
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError, UnknownServiceError

SERVICES = """
    iam sts account ec2 s3 s3control rds kms cloudtrail cloudwatch logs lambda elbv2 secretsmanager sns sqs guardduty
    config wafv2
    elb ecs eks ecr cloudfront apigateway apigatewayv2 opensearch redshift dynamodb ssm securityhub accessanalyzer
    organizations autoscaling codebuild acm efs elasticache kinesis cognito-idp backup inspector2 macie2 ses sesv2
    route53 athena glue sagemaker
""".split()

PARTITIONS = ["aws", "aws-us-gov", "aws-cn"]
READ = re.compile(r"^(Describe|Get|List|BatchGet)[A-Z0-9]")
EXTRA = {("iam", "GenerateCredentialReport"), ("s3", "HeadBucket")}
# The first of these that a service speaks is used. CBOR is not implemented, and every service that has it has another.
PROTOCOLS = ["query", "ec2", "json", "rest-json", "rest-xml"]
# Tokens that page a list when botocore declares no paginator: (input member, output member).
INFERRED_TOKENS = [
    ("NextToken", "NextToken"), ("nextToken", "nextToken"), ("NextMarker", "NextMarker"), ("Marker", "NextMarker"),
    ("Marker", "Marker"), ("PaginationToken", "PaginationToken"), ("position", "position"),
    ("ContinuationToken", "NextContinuationToken"), ("ContinuationToken", "ContinuationToken"),
    ("NextPageMarker", "NextPageMarker"),
]
ACCOUNT_STAND_IN = "111122223333"
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "crates" / "aws" / "data"


# --- postcard -------------------------------------------------------------------------------------------------------

def varint(n):
    out = bytearray()
    while True:
        if n < 0x80:
            out.append(n)
            return bytes(out)
        out.append(n & 0x7F | 0x80)
        n >>= 7


def text(s):
    raw = s.encode()
    return varint(len(raw)) + raw


def option(value, write):
    return b"\0" if value is None else b"\1" + write(value)


def seq(items, write):
    return varint(len(items)) + b"".join(write(i) for i in items)


class Strings:
    """Every text of a service once; the rest of the document refers to it by number."""

    def __init__(self):
        self.ids = {}

    def __call__(self, s):
        return varint(self.ids.setdefault(s, len(self.ids)))

    def written(self):
        return seq(list(self.ids), text)


# --- the list of what must stay out ---------------------------------------------------------------------------------

class Never:
    def __init__(self, path):
        self.operations, self.members = [], set()
        for line in path.read_text().splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            service, name = line.split(":")
            if "." in name:
                self.members.add((service, name))
            else:
                self.operations.append((service, name))
        self.seen_members = set()

    def forbids(self, service, operation):
        return any(fnmatch.fnmatchcase(service, s) and fnmatch.fnmatchcase(operation, o) for s, o in self.operations)

    def drops(self, service, shape, member):
        key = (service, f"{shape}.{member}")
        if key in self.members:
            self.seen_members.add(key)
            return True
        return False


# --- shapes ---------------------------------------------------------------------------------------------------------

LOCATIONS = {None: 0, "header": 1, "headers": 2, "uri": 3, "querystring": 4, "statusCode": 5}
TIMES = {"iso8601": 0, "unixTimestamp": 1, "rfc822": 2}
KINDS = {"structure": 0, "list": 1, "map": 2, "string": 3, "integer": 4, "long": 4, "float": 5, "double": 5,
         "boolean": 6, "timestamp": 7, "blob": 8, "document": 9, "character": 3, "bigdecimal": 5}


class Shapes:
    def __init__(self, service, protocol, strings, never):
        self.service, self.protocol, self.strings, self.never = service, protocol, strings, never
        self.written, self.by_name, self.by_bytes = [], {}, {}

    def default_time(self, location):
        if location == 1:
            return "rfc822"
        if location == 4:
            return "iso8601"
        return "unixTimestamp" if self.protocol in ("json", "rest-json") else "iso8601"

    def scalar(self, data):
        if data not in self.by_bytes:
            self.by_bytes[data] = len(self.written)
            self.written.append(data)
        return self.by_bytes[data]

    def add(self, shape, time_format=None, location=0):
        kind = shape.type_name
        if kind == "structure" and shape.metadata.get("document"):
            kind = "document"
        if kind == "timestamp":
            chosen = time_format or shape.serialization.get("timestampFormat") or self.default_time(location)
            return self.scalar(bytes([KINDS["timestamp"]]) + varint(TIMES[chosen]))
        if kind not in ("structure", "list", "map"):
            return self.scalar(bytes([KINDS[kind]]))
        # A query serialisation reads the shape's own name for the members of lists and maps, so names are kept apart
        # by where the reference says something of its own.
        own = tuple(sorted((k, str(v)) for k, v in shape.serialization.items() if k in ("flattened", "locationName")))
        key = (shape.name, own if kind != "structure" else ())
        if key in self.by_name:
            return self.by_name[key]
        index = self.by_name[key] = len(self.written)
        self.written.append(None)
        self.written[index] = bytes([KINDS[kind]]) + getattr(self, kind)(shape)
        return index

    def structure(self, shape):
        required = set(shape.required_members)
        members = []
        for name, member in shape.members.items():
            if self.never.drops(self.service, shape.name, name):
                continue
            if getattr(member, "event_stream", False) or member.serialization.get("eventstream"):
                continue
            rules = member.serialization
            location = LOCATIONS[rules.get("location")]
            flags = (location | (8 if rules.get("flattened") else 0) | (16 if name in required else 0)
                     | (32 if rules.get("xmlAttribute") else 0) | (64 if rules.get("jsonvalue") else 0))
            target = self.add(member, rules.get("timestampFormat"), location)
            members.append(self.strings(name) + varint(target) + bytes([flags])
                           + option(rules.get("name"), self.strings) + option(rules.get("queryName"), self.strings))
        payload = shape.serialization.get("payload")
        return seq(members, bytes) + option(payload, self.strings)

    def list(self, shape):
        return (varint(self.add(shape.member, shape.member.serialization.get("timestampFormat")))
                + option(shape.member.serialization.get("name"), self.strings)
                + bytes([1 if shape.serialization.get("flattened") else 0]))

    def map(self, shape):
        return (varint(self.add(shape.value)) + option(shape.key.serialization.get("name"), self.strings)
                + option(shape.value.serialization.get("name"), self.strings)
                + bytes([1 if shape.serialization.get("flattened") else 0]))


# --- paging ---------------------------------------------------------------------------------------------------------

def as_list(value):
    return [] if value is None else value if isinstance(value, list) else [value]


TOKEN = re.compile(r"^[A-Za-z0-9_]+(\[-1\])?(\.[A-Za-z0-9_]+(\[-1\])?)*$")


def paginator(model, operation, declared):
    """(input tokens, output tokens, more results, limit key, result keys), or None for a list of one page."""
    if operation.name in declared:
        p = declared[operation.name]
        outputs = as_list(p["output_token"])
        for expression in outputs:
            for branch in expression.split("||"):
                if not TOKEN.match(branch.strip()):
                    sys.exit(f"{model.service_name}:{operation.name}: token `{expression}` is not understood")
        inputs = as_list(p["input_token"])
        if len(inputs) != len(outputs):
            sys.exit(f"{model.service_name}:{operation.name}: tokens do not pair")
        return inputs, outputs, p.get("more_results"), p.get("limit_key"), as_list(p.get("result_key"))
    if operation.input_shape is None or operation.output_shape is None:
        return None
    for given, returned in INFERRED_TOKENS:
        if given in operation.input_shape.members and returned in operation.output_shape.members:
            if operation.output_shape.members[returned].type_name != "string":
                continue
            lists = [n for n, s in operation.output_shape.members.items() if s.type_name in ("list", "map")]
            limit = next((n for n in ("MaxResults", "maxResults", "Limit", "limit", "MaxItems", "MaxRecords", "PageSize")
                          if n in operation.input_shape.members), None)
            return [given], [returned], None, limit, lists
    return None


# --- endpoints ------------------------------------------------------------------------------------------------------

VARIANTS = [(False, False), (True, False), (False, True), (True, True)]  # (FIPS, dual stack)


class Hosts:
    """The service's own endpoint rules."""

    def __init__(self, loader, service):
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        self.rules = EndpointProvider(rules, loader.load_data("partitions"))
        self.parameters = rules["parameters"]
        self.extra = {}
        if service == "s3control":
            self.extra = {"AccountId": ACCOUNT_STAND_IN, "RequiresAccountId": True}

    def resolve(self, region, fips=False, dual=False, context=None):
        """The endpoint, or None where the rules give none."""
        given = {"Region": region, "UseFIPS": fips, "UseDualStack": dual} | self.extra | (context or {})
        try:
            return self.rules.resolve_endpoint(**{k: v for k, v in given.items() if k in self.parameters})
        except BotoCoreError:
            return None

    def choose_context(self, operations):
        """Most operations decide which endpoint is the service's; the others are returned, to be left out."""
        contexts = {}
        for o in operations:
            contexts[o.name] = {p.name: p.value for p in o.static_context_parameters}
            if o.input_shape is not None and "Bucket" in o.input_shape.members:
                # Concerns directory buckets alone, which are told from the bucket's name.
                contexts[o.name].pop("UseS3ExpressControlEndpoint", None)
        found = {n: self.resolve("eu-west-1", context=c) for n, c in contexts.items()}
        urls = [f.url for f in found.values() if f is not None]
        if not urls:
            return set()
        usual = max(sorted(set(urls)), key=urls.count)
        self.extra |= next(contexts[n] for n, f in found.items() if f is not None and f.url == usual)
        return {n for n, f in found.items() if f is None or f.url != usual}


def endpoints(hosts, service, partitions, known):
    """For each partition and variant: the host of a region as a template, and the regions that differ from it."""
    out = []
    for partition in partitions:
        variants = []
        for fips, dual in VARIANTS:
            resolved = {}
            for region in partition["regions"]:
                found = hosts.resolve(region, fips, dual)
                if found is None:
                    continue
                host = found.url.removeprefix("https://").rstrip("/")
                if "/" in host or "://" in host:
                    sys.exit(f"{service} {region}: endpoint `{found.url}` has a shape the table cannot hold")
                host = host.removeprefix(ACCOUNT_STAND_IN + ".").replace(region, "{region}")
                schemes = [s for s in found.properties.get("authSchemes", []) if s["name"] == "sigv4"]
                scheme = schemes[0] if schemes else {}
                signing = scheme.get("signingRegion", region)
                resolved[region] = (host, "" if signing == region else signing, scheme.get("signingName"))
            if not resolved:
                variants.append(None)
                continue
            counts = {}
            for value in resolved.values():
                counts[value] = counts.get(value, 0) + 1
            usual = max(counts, key=lambda v: (counts[v], v[0]))
            others = [(r, *v) for r, v in resolved.items() if v != usual]
            variants.append((usual, others))
        offered = [r for r in partition["regions"] if r in known.get(partition["id"], {}).get("regions", ())]
        plain = [hosts.resolve(r) for r in partition["regions"]]
        is_global = len({f.url for f in plain if f is not None}) == 1
        out.append((partition["id"], is_global, offered, variants))
    if all(v is None for v in out[0][3]):
        sys.exit(f"{service}: no endpoint could be resolved")
    return out


def write_endpoints(strings, found):
    def place(v):
        return strings(v[0]) + strings(v[1]) + option(v[2], strings)

    def variant(v):
        return place(v[0]) + seq(v[1], lambda o: strings(o[0]) + place(o[1:]))

    return seq(found, lambda p: strings(p[0]) + bytes([p[1]]) + seq(p[2], strings)
               + seq(p[3], lambda v: option(v, variant)))


def known_regions(loader, prefix):
    """What endpoints.json says of a service: the regions that offer it."""
    out = {}
    for partition in loader.load_data("endpoints")["partitions"]:
        entry = partition["services"].get(prefix)
        if entry is not None:
            out[partition["partition"]] = {"regions": {r for r in entry["endpoints"] if r in partition["regions"]}}
    return out


def partitions(loader):
    out = []
    for p in loader.load_data("partitions")["partitions"]:
        if p["id"] not in PARTITIONS:
            continue
        regions = sorted(r for r in p["regions"] if not r.endswith("-global"))
        prefixes = sorted({r[: r.index("-", 3 if r.startswith("us-gov") else 0) + 1] for r in regions})
        if p["id"] == "aws-us-gov":
            prefixes = ["us-gov-"]
        head = re.match(r"^\^\(([a-z|]+)\)\\-", p["regionRegex"])
        if head:
            prefixes = sorted(x + "-" for x in head.group(1).split("|"))
        out.append({"id": p["id"], "regions": regions, "prefixes": prefixes,
                    "suffix": p["outputs"]["dnsSuffix"], "implicit": p["outputs"]["implicitGlobalRegion"]})
    return sorted(out, key=lambda p: PARTITIONS.index(p["id"]))


def write_partitions(found):
    return seq(found, lambda p: text(p["id"]) + text(p["suffix"]) + text(p["implicit"])
               + seq(p["prefixes"], text) + seq(p["regions"], text))


# --- services -------------------------------------------------------------------------------------------------------

def service_document(session, service, never, found_partitions, listing):
    loader = session.get_component("data_loader")
    model = session.get_service_model(service)
    meta = model.metadata
    spoken = meta.get("protocols") or [meta["protocol"]]
    protocol = next((p for p in PROTOCOLS if p in spoken), None)
    if protocol is None:
        sys.exit(f"{service}: speaks {spoken}, none of which is implemented")
    try:
        declared = session.get_paginator_model(service)._paginator_config
    except (UnknownServiceError, ValueError):
        declared = {}
    strings = Strings()
    shapes = Shapes(service, protocol, strings, never)
    operations = []
    hosts = Hosts(loader, service)
    elsewhere = hosts.choose_context([model.operation_model(n) for n in model.operation_names])
    for name in sorted(model.operation_names):
        if name in elsewhere:
            continue
        if not (READ.match(name) or (service, name) in EXTRA) or never.forbids(service, name):
            continue
        op = model.operation_model(name)
        if op.has_streaming_output or op.has_event_stream_output or op.has_event_stream_input:
            continue
        if op.auth_type == "none" or op.deprecated:
            continue
        page = paginator(model, op, declared)
        http = op.http
        root = op.input_shape.serialization.get("name") if op.input_shape is not None else None
        namespace = (op.input_shape.serialization.get("xmlNamespace") or op.input_shape.metadata.get("xmlNamespace")) \
            if op.input_shape is not None else None
        namespace = namespace or meta.get("xmlNamespace")
        namespace = namespace.get("uri") if isinstance(namespace, dict) else namespace
        wrapper = op.output_shape.serialization.get("resultWrapper") if op.output_shape is not None else None
        prefix = (op.endpoint or {}).get("hostPrefix")
        operations.append(
            strings(name) + strings(http.get("method", "POST")) + strings(http.get("requestUri", "/"))
            + option(None if op.input_shape is None else shapes.add(op.input_shape), varint)
            + option(None if op.output_shape is None else shapes.add(op.output_shape), varint)
            + option(wrapper, strings) + option(root, strings) + option(namespace if root else None, strings)
            + option(prefix, strings)
            + option(page, lambda p: seq(p[0], strings) + seq(p[1], strings) + option(p[2], strings)
                     + option(p[3], strings) + seq(p[4], strings)))
        listing.append(f"{service}:{name}")
    places = endpoints(hosts, service, found_partitions, known_regions(loader, meta["endpointPrefix"]))
    head = (strings(meta["serviceId"]) + strings(meta.get("signingName", meta["endpointPrefix"]))
            + varint(PROTOCOLS.index(protocol)) + strings(meta["apiVersion"])
            + option(meta.get("targetPrefix") if protocol == "json" else None, strings)
            + option(meta.get("jsonVersion") if protocol == "json" else None, strings))
    body = (head + seq(operations, bytes) + seq(shapes.written, bytes) + write_endpoints(strings, places))
    return strings.written() + body


def table():
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    never = Never(DATA / "never.txt")
    found_partitions = partitions(loader)
    listing = []
    documents = [("", text("botocore " + botocore.__version__) + write_partitions(found_partitions))]
    for service in SERVICES:
        documents.append((service, service_document(session, service, never, found_partitions, listing)))
    missed = never.members - never.seen_members
    if missed:
        sys.exit(f"members named in never.txt that no model has: {sorted(missed)}")
    packer = zstandard.ZstdCompressor(level=19, write_content_size=True)
    frames = [(name, packer.compress(document)) for name, document in documents]
    index = seq(frames, lambda f: text(f[0]) + varint(len(f[1])))
    raw = b"PWO1" + struct.pack("<I", len(index)) + index + b"".join(frame for _, frame in frames)
    return raw, listing, [(n, len(d), len(f)) for (n, d), (_, f) in zip(documents, frames)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--list", action="store_true")
    arguments.add_argument("--sizes", action="store_true")
    options = arguments.parse_args()
    raw, listing, sizes = table()
    target = DATA / "operations.bin.zst"
    if options.list:
        print("\n".join(listing))
        return
    if options.sizes:
        for name, plain, packed in sizes:
            print(f"{name or '(partitions)':16} {plain:8} {packed:7}")
    if options.check:
        if not target.exists() or target.read_bytes() != raw:
            sys.exit("operations.bin.zst differs from what this botocore gives: run xtask/botocore/generate.py")
        return
    target.write_bytes(raw)
    print(f"{len(listing)} operations of {len(SERVICES)} services, {len(raw)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
