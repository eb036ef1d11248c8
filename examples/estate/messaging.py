"""SNS topics and SQS queues."""

import json

from accounts import Place, policy, tag_map, tags


def topic(place: Place, name: str, owner: str, key: str | None = None, statements: tuple[dict, ...] = ()) -> str:
    attributes = {}
    if key:
        attributes["KmsMasterKeyId"] = key
    if statements:
        attributes["Policy"] = policy(*({**one, "Resource": place.arn("sns", name)} for one in statements))
    return place.client("sns").create_topic(Name=name, Attributes=attributes, Tags=tags(place, name, owner))["TopicArn"]


def subscribe(place: Place, topic_arn: str, protocol: str, to: str) -> None:
    place.client("sns").subscribe(TopicArn=topic_arn, Protocol=protocol, Endpoint=to)


def queue(
    place: Place,
    name: str,
    owner: str,
    key: str | None = None,
    managed: bool = True,
    statements: tuple[dict, ...] = (),
    dead_letters: str | None = None,
) -> str:
    """Returns the ARN. Encrypted by `key`, else by the service where `managed`, else not at all."""
    sqs = place.client("sqs")
    attributes = {"KmsMasterKeyId": key} if key else {"SqsManagedSseEnabled": "true" if managed else "false"}
    if statements:
        attributes["Policy"] = policy(*({**one, "Resource": place.arn("sqs", name)} for one in statements))
    if dead_letters:
        attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": dead_letters, "maxReceiveCount": 5})
    made = sqs.create_queue(QueueName=name, Attributes=attributes, tags=tag_map(place, name, owner))["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=made, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def anyone(*actions: str) -> dict:
    return {"Sid": "Anyone", "Principal": "*", "Action": list(actions)}


def own_topic(topic_arn: str) -> dict:
    """Any principal in the policy, but only on behalf of one topic of the bank: not public."""
    return {
        "Sid": "FromOurTopic",
        "Principal": {"AWS": "*"},
        "Action": ["sqs:SendMessage"],
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }


def own_organisation(organisation: str, *actions: str) -> dict:
    return {
        "Sid": "OurOrganisation",
        "Principal": "*",
        "Action": list(actions),
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organisation}},
    }
