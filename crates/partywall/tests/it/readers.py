"""Reads an output of Partywall with somebody else's program, and says what it found.

    readers.py FORM FILE

Prints a JSON list of [fingerprint, status] in the words of the form, or fails where the reader refuses the file.
"""

import csv
import json
import sys


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    rows = list(csv.DictReader(text.splitlines(keepends=True), strict=True))
    assert text.count("\r\n") == len(rows) + 1, "one line for each verdict, as RFC 4180 ends them"
    for row in rows:
        assert None not in row and None not in row.values(), row
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    return [[row["fingerprint"], row["verdict"]] for row in rows]


def lost(told, understood, place=""):
    """What a model did not take over: it would be a member that the form does not have."""
    if isinstance(told, dict):
        for name, value in told.items():
            if not isinstance(understood, dict) or name not in understood:
                yield f"{place}.{name}"
            else:
                yield from lost(value, understood[name], f"{place}.{name}")
    elif isinstance(told, list):
        if len(told) != len(understood):
            yield f"{place}[]"
        for one, other in zip(told, understood):
            yield from lost(one, other, f"{place}[]")
    elif told != understood:
        yield f"{place}: {told!r} became {understood!r}"


def read_ocsf(path):
    from py_ocsf_models import OCSF_VERSION
    from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
    from py_ocsf_models.objects.cloud import Cloud

    found = []
    for told in json.load(open(path, encoding="utf-8")):
        assert told["metadata"]["version"] == OCSF_VERSION
        # A member of the profile "cloud", which these models keep apart from the class.
        assert told["metadata"]["profiles"] == ["cloud"]
        cloud = told.pop("cloud")
        for value, model in [(told, ComplianceFinding), (cloud, Cloud)]:
            understood = model.model_validate(value).model_dump(mode="json", exclude_unset=True)
            missing = list(lost(value, understood))
            assert not missing, missing
        event = ComplianceFinding.model_validate(told)
        found.append([event.finding_info.uid, event.compliance.status_id.name])
        if event.compliance.status_id.name == "Unknown":
            assert event.status_detail, "an unknown says why"
    return found


def sarif(path):
    """A log for models that were made of a draft, in which the `status` of a suppression (§3.35.3) was a `state`."""
    told = json.load(open(path, encoding="utf-8"))
    for run in told["runs"]:
        for suppression in (each for result in run["results"] for each in result.get("suppressions", [])):
            suppression["state"] = suppression.pop("status")
    return told


def read_sarif(path):
    # Made from the schema of OASIS; it takes no member that the schema does not name.
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

    [run] = Log.model_validate(sarif(path)).runs
    rules = run.tool.driver.rules
    found = []
    for result in run.results:
        assert rules[result.ruleIndex].id == result.ruleId
        kind = result.kind.value
        assert (result.level.value == "none") == (kind != "fail"), "a level is for failures"
        uri = result.locations[0].physicalLocation.artifactLocation.uri
        assert uri and not uri.startswith("/") and "://" not in uri
        # Nothing of a name may be taken for a link or a placeholder.
        bare = result.message.text.replace("\\[", "").replace("\\]", "").replace("{{", "").replace("}}", "")
        assert not set("[]{}") & set(bare), result.message.text
        suppressed = any(each.state.value == "accepted" for each in result.suppressions)
        found.append([result.partialFingerprints["partywall/v1"], "suppressed" if suppressed else kind])
    return found


def read_code_sarif(path):
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

    told = sarif(path)
    log = Log.model_validate(told)
    understood = log.model_dump(mode="json", by_alias=True, exclude_unset=True)
    missing = list(lost(told, understood))
    assert not missing, missing
    [run] = log.runs
    known = {notice.id for notice in run.tool.driver.notifications}
    for invocation in run.invocations:
        assert {notice.descriptor.id for notice in invocation.toolExecutionNotifications} <= known
    found = []
    for result in run.results:
        assert run.tool.driver.rules[result.ruleIndex].id == result.ruleId
        assert (result.level.value == "none") == (result.kind.value != "fail"), "a level is for failures"
        place = result.locations[0].physicalLocation
        assert "://" not in place.artifactLocation.uri
        assert place.region.startLine >= 1
        suppressed = any(each.state.value == "accepted" for each in result.suppressions)
        found.append([result.ruleId, "suppressed" if suppressed else result.kind.value])
    return found


def read_schema(path):
    """Holds documents against their schema, and names what the schema describes and none of them has."""
    from jsonschema import Draft202012Validator

    told = json.load(open(path, encoding="utf-8"))
    schema, documents = told["schema"], told["documents"]
    Draft202012Validator.check_schema(schema)
    for document in documents:
        faults = [f"{fault.json_path}: {fault.message}" for fault in Draft202012Validator(schema).iter_errors(document)]
        assert not faults, faults[:5]

    def unused(schema_part, values, place):
        if "$ref" in schema_part:
            schema_part = schema["$defs"][schema_part["$ref"].rsplit("/", 1)[1]]
        if "items" in schema_part:
            items = [item for value in values if isinstance(value, list) for item in value]
            yield from unused(schema_part["items"], items, f"{place}[]")
        for name, part in schema_part.get("properties", {}).items():
            inner = [value[name] for value in values if isinstance(value, dict) and name in value]
            if not inner:
                yield f"{place}.{name}"
            yield from unused(part, inner, f"{place}.{name}")

    return [[place, "unused"] for place in unused(schema, documents, "$")]


def read_asff(path):
    import boto3
    from moto import mock_aws

    findings = json.load(open(path, encoding="utf-8"))
    limits = {"Title": 256, "Description": 1024, "Id": 512, "GeneratorId": 512}
    for finding in findings:
        for name, limit in limits.items():
            assert 0 < len(finding[name]) <= limit, (name, finding[name])
        assert len(json.dumps(finding).encode()) <= 240_000
        assert len(finding["ProductFields"]) <= 50
        assert all(len(value) <= 2048 for value in finding["ProductFields"].values())
        region, account = finding["Region"], finding["AwsAccountId"]
        product = f":securityhub:{region}:{account}:product/{account}/default"
        assert finding["ProductArn"].endswith(product), finding["ProductArn"]
    with mock_aws():
        client = boto3.client("securityhub", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        shape = client.meta.service_model.operation_model("BatchImportFindings").input_shape.members["Findings"].member
        details = set(shape.members["Resources"].member.members["Details"].members)
        for finding in findings:
            for resource in finding["Resources"]:
                assert resource["Type"] in details | {"AwsAccount"}, resource["Type"]
        client.enable_security_hub()
        # As many as Security Hub takes with each call; botocore holds them against the model of the operation.
        for at in range(0, len(findings), 100):
            answer = client.batch_import_findings(Findings=findings[at : at + 100])
            assert answer["FailedCount"] == 0, answer["FailedFindings"][:3]
    return [[finding["Id"].rsplit("/", 1)[1], finding["Compliance"]["Status"]] for finding in findings]


def read_markdown(path):
    from markdown_it import MarkdownIt

    text = open(path, encoding="utf-8").read()
    reader = MarkdownIt("commonmark", {"linkify": False, "html": True}).enable(["table", "strikethrough"])
    seen, cells, heads = [], 0, 0
    for block in reader.parse(text):
        assert block.type != "html_block", block.content
        if block.type in ("th_open", "td_open"):
            cells += 1
            heads += block.type == "th_open"
        for token in block.children or []:
            # Names are code: nothing in them is a link, a picture or markup.
            assert token.type in ("text", "code_inline", "strong_open", "strong_close", "softbreak"), token
            if token.type == "text":
                assert "@" not in token.content and "://" not in token.content, token.content
            if token.type == "code_inline":
                seen.append(token.content)
    assert heads > 0 and cells > heads, "the tables are read as tables"
    return [[name, "code"] for name in seen]


READERS = {
    "csv": read_csv,
    "ocsf": read_ocsf,
    "sarif": read_sarif,
    "code_sarif": read_code_sarif,
    "schema": read_schema,
    "asff": read_asff,
    "markdown": read_markdown,
}

if __name__ == "__main__":
    form, path = sys.argv[1:]
    json.dump(READERS[form](path), sys.stdout)
