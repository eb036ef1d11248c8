"""Functions, topics, queues and secrets of the production account."""

import functions
import keys
import messaging
import watch
from accounts import BANK, ORGANISATION, PRODUCTION, Place
from network import Vpc


def build(place: Place, payments: Vpc, key: str) -> None:
    messages(place)
    code(place, payments, key)
    secrets(place, key)


def messages(place: Place) -> None:
    own = "alias/customer-data"
    alerts = messaging.topic(place, "operations-alerts", "operations", own, (
        {"Sid": "Alarms", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["sns:Publish"]},
    ))
    messaging.subscribe(place, alerts, "email", "operations@lanternbridge.example")
    orders = messaging.topic(place, "payment-orders", "payments", own)
    messaging.topic(place, "card-events", "cards", None, (messaging.anyone("sns:Publish", "sns:Subscribe"),))
    messaging.topic(place, "branch-news", "branches")
    messaging.topic(place, "statements-ready", "statements", own, (
        messaging.own_organisation(ORGANISATION, "sns:Subscribe"),
    ))
    letters = messaging.queue(place, "payments-undelivered", "payments", own)
    queue = messaging.queue(
        place, "payments-orders", "payments", own, statements=(messaging.own_topic(orders),), dead_letters=letters
    )
    messaging.subscribe(place, orders, "sqs", queue)
    messaging.queue(place, "cards-import", "cards", managed=False, statements=(
        messaging.anyone("sqs:SendMessage", "sqs:ReceiveMessage"),
    ))
    messaging.queue(place, "branch-jobs", "branches", managed=False)
    messaging.queue(place, "statements-jobs", "statements")


def code(place: Place, payments: Vpc, key: str) -> None:
    inside = {"subnets": payments.private, "groups": [payments.groups["payments-api"]]}
    role = "payments-functions"
    functions.function(place, "payments-intake", "payments", role, key=key, variables={"STAGE": "production"}, **inside)
    functions.function(place, "payments-settle", "payments", role, "nodejs22.x", key=key, **inside)
    functions.function(place, "payments-rotate-secret", "payments", role, key=key, **inside)
    functions.function(place, "statements-render", "statements", "statements-functions", "java21")
    functions.function(place, "statements-send", "statements", "statements-functions", "python3.8")
    functions.function(
        place, "cards-import", "cards", "cards-functions", "nodejs14.x", TracingConfig={"Mode": "PassThrough"},
        # Made up; they have the shape of the real thing so that a scan has something to find.
        variables={
            "DB_PASSWORD": "Plover-Mast-31-made-up",
            "AWS_KEY": "AKIALANTERNBRIDGE234",
            "BUCKET": f"{BANK}-card-applications",
        },
    )
    functions.function(place, "cards-quote", "cards", "cards-functions", "python3.9", TracingConfig={"Mode": "PassThrough"})
    registry = f"{PRODUCTION.id}.dkr.ecr.{place.region}.amazonaws.com"
    functions.image_function(place, "fraud-score", "fraud", "statements-functions", f"{registry}/fraud-score:14")
    functions.layer(place, "payments-shared-code")
    functions.from_queue(place, "payments-intake", place.arn("sqs", "payments-orders"))
    functions.url(place, "cards-quote", "NONE")
    functions.url(place, "statements-render", "AWS_IAM")
    functions.allow(place, "cards-quote", "url", "*", "InvokeFunctionUrl")
    functions.allow(place, "cards-import", "anyone", "*")
    functions.allow(place, "statements-send", "topic", "sns.amazonaws.com", SourceArn=place.arn("sns", "statements-ready"))
    functions.allow(place, "cards-quote", "buckets", "s3.amazonaws.com")
    for name, keep in (
        ("payments-intake", 400),
        ("payments-settle", 400),
        ("statements-render", 90),
        ("cards-import", None),
        ("cards-quote", None),
    ):
        watch.log_group(place, f"/aws/lambda/{name}", name.split("-")[0], keep, key if keep == 400 else None)


def secrets(place: Place, key: str) -> None:
    rotation = place.arn("lambda", "function:payments-rotate-secret")
    keys.secret(place, "payments/orders-db", "payments", key, rotation)
    keys.secret(place, "ledger/db", "ledger", key, rotation)
    keys.secret(place, "customers/db", "customers", key, rotation)
    keys.secret(place, "cards/bureau-login", "cards")
    keys.secret(place, "branches/printer-token", "branches")
    keys.secret(place, "partners/exchange-token", "partners", statements=(
        {"Sid": "Partners", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
    ))
    keys.secret(place, "statements/signing", "statements", key, statements=(
        {"Sid": "OwnFunctions", "Principal": {"AWS": place.account.role("statements-functions")},
         "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
    ))
