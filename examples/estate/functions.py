"""Lambda functions: packages, layers, function URLs and who may call them."""

import io
import zipfile

from accounts import Place, tag_map

# A zip keeps a date for each file; a fixed one gives the same digest in every run.
PACKAGE_DATE = (2024, 1, 1, 0, 0, 0)


def package() -> bytes:
    """A function that answers with what it was asked."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("handler.py", PACKAGE_DATE), "def handle(event, context):\n    return event\n")
    return held.getvalue()


def function(
    place: Place,
    name: str,
    owner: str,
    role: str,
    runtime: str = "python3.13",
    variables: dict[str, str] | None = None,
    key: str | None = None,
    subnets: list[str] | None = None,
    groups: list[str] | None = None,
    **other,
) -> str:
    asked = {
        "FunctionName": name,
        "Role": place.account.role(role),
        "Runtime": runtime,
        "Handler": "handler.handle",
        "Code": {"ZipFile": package()},
        "Timeout": 30,
        "MemorySize": 256,
        "TracingConfig": {"Mode": "Active"},
        "Tags": tag_map(place, name, owner),
    }
    if variables:
        asked["Environment"] = {"Variables": variables}
    if key:
        asked["KMSKeyArn"] = key
    if subnets:
        asked["VpcConfig"] = {"SubnetIds": subnets, "SecurityGroupIds": groups or []}
    asked.update(other)
    return place.client("lambda").create_function(**asked)["FunctionArn"]


def image_function(place: Place, name: str, owner: str, role: str, image: str) -> str:
    return place.client("lambda").create_function(
        FunctionName=name,
        Role=place.account.role(role),
        PackageType="Image",
        Code={"ImageUri": image},
        Timeout=60,
        Tags=tag_map(place, name, owner),
    )["FunctionArn"]


def url(place: Place, name: str, authorisation: str) -> None:
    place.client("lambda").create_function_url_config(
        FunctionName=name,
        AuthType=authorisation,
        Cors={"AllowOrigins": ["*"] if authorisation == "NONE" else ["https://console.lanternbridge.example"]},
    )


def allow(
    place: Place, name: str, sid: str, principal: str, action: str = "InvokeFunction", **limits
) -> None:
    """`principal` is a service, an account or `*`; `limits` are SourceArn, SourceAccount and the like."""
    place.client("lambda").add_permission(
        FunctionName=name, StatementId=sid, Action=f"lambda:{action}", Principal=principal, **limits
    )


def layer(place: Place, name: str) -> str:
    return place.client("lambda").publish_layer_version(
        LayerName=name, Description=name, Content={"ZipFile": package()}, CompatibleRuntimes=["python3.13"]
    )["LayerVersionArn"]


def from_queue(place: Place, name: str, queue_arn: str) -> None:
    place.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=queue_arn, BatchSize=10)
