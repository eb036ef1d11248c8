"""Who may do what in the production account."""

import identity as iam
from accounts import BANK, DEVELOPMENT, SHARED, Place

VENDOR = "arn:aws:iam::444455556666:root"
OTHER_VENDOR = "arn:aws:iam::555566667777:root"


def build(place: Place) -> None:
    place.client("iam").create_account_alias(AccountAlias=f"{BANK}-production")
    iam.password_policy(place, 8, strong=False)
    iam.contact(place, "BILLING", "Accounts payable")
    iam.github_provider(place)
    iam.saml_provider(place, "staff-login")
    iam.audit_role(place)
    for site in ("www", "cards", "api", "branches"):
        iam.server_certificate(place, f"{site}-{BANK}-example")
    written = policies(place)
    groups(place, written)
    people(place, written["platform-boundary"])
    machines(place)
    host_roles(place, written)
    service_roles(place)
    outside_roles(place)
    inside_roles(place, written)


def policies(place: Place) -> dict[str, str]:
    keys_here = place.arn("kms", "key/*")
    wanted: dict[str, tuple[dict, ...]] = {
        "emergency-everything": (iam.ADMINISTRATOR,),
        "release-pass-any-role": (
            {"Action": ["lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:InvokeFunction"], "Resource": "*"},
            {"Action": "iam:PassRole", "Resource": "*"},
        ),
        "release-pass-own-roles": (
            {"Action": ["lambda:UpdateFunctionCode"], "Resource": place.arn("lambda", "function:payments-*")},
            {"Action": "iam:PassRole", "Resource": place.account.role("payments-*"),
             "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
        ),
        "payments-read": (iam.bucket_reader(f"{BANK}-payment-files"), {"Action": "kms:Decrypt", "Resource": keys_here}),
        "platform-boundary": (
            {"NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            {"Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
        ),
        "support-policy-editor": (
            {"Action": ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:ListPolicies"], "Resource": "*"},
        ),
        "statements-decrypt-any": ({"Action": ["kms:Decrypt", "kms:ReEncrypt*"], "Resource": "*"},),
        "unused-2022": ({"Action": ["s3:*"], "Resource": "*"},),
    }
    return {name: iam.managed_policy(place, name, *statements) for name, statements in wanted.items()}


def groups(place: Place, written: dict[str, str]) -> None:
    iam.group(place, "administrators", attached=("AdministratorAccess",))
    iam.group(place, "operators", attached=("job-function/ViewOnlyAccess", "CloudWatchReadOnlyAccess"))
    iam.group(place, "releasers", attached=(written["release-pass-any-role"],))
    iam.group(place, "support", attached=(written["support-policy-editor"], "ReadOnlyAccess"))
    iam.group(place, "payments-team", attached=(written["payments-read"], written["release-pass-own-roles"]))
    iam.group(place, "former-staff")


def people(place: Place, boundary: str) -> None:
    for number in range(1, 4):
        iam.person(place, f"admin-{number:02}", ("administrators",), mfa=number != 2)
    for number in range(1, 7):
        iam.person(place, f"ops-{number:02}", ("operators",), mfa=number not in (3, 5), boundary=boundary)
    for number in range(1, 4):
        iam.person(place, f"support-{number:02}", ("support",), mfa=number == 1)
    for number in range(1, 4):
        iam.person(place, f"payments-dev-{number:02}", ("payments-team",), boundary=boundary)
    iam.person(place, "left-2023-01", ("former-staff",), mfa=False, console=False)
    iam.access_key(place, "admin-02", made=820, used=4, grown_from=1100)
    iam.access_key(place, "ops-05", made=400, used=None, grown_from=1100)
    iam.access_key(place, "left-2023-01", made=1050, used=700, grown_from=1100)


def machines(place: Place) -> None:
    """name, group, days since the key was made, days since it was used, still active"""
    for name, group, made, used, active in (
        ("svc-payments", "payments-team", 45, 1, True),
        ("svc-release", "releasers", 610, 2, True),
        ("svc-statements", "operators", 30, 1, True),
        ("svc-backup", "operators", 760, 480, True),
        ("svc-branch-printer", "operators", 990, None, True),
        ("svc-old-crm", "operators", 1000, 650, False),
    ):
        iam.machine(place, name, name.removeprefix("svc-"), (group,))
        iam.access_key(place, name, made, used, active, grown_from=1100)
    # A key that was rotated, while the old one was left alive.
    iam.access_key(place, "svc-release", made=20, used=None, grown_from=1100)
    iam.machine(place, "svc-cards-import", "cards", inline=({"Action": "s3:*", "Resource": "*"},))
    iam.access_key(place, "svc-cards-import", made=530, used=3, grown_from=1100)


def host_roles(place: Place, written: dict[str, str]) -> None:
    iam.role(
        place, f"{BANK}-WAF-Role", iam.trust_service("ec2"), "cards",
        inline=(
            {"Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
            {"Action": ["s3:Get*", "s3:List*"], "Resource": "*"},
            {"Action": ["logs:PutLogEvents", "logs:CreateLogStream"], "Resource": "*"},
        ),
    )
    iam.role(place, "site-host", iam.trust_service("ec2"), "web", attached=("AmazonSSMManagedInstanceCore",),
             inline=(iam.bucket_reader(f"{BANK}-site-assets"),))
    iam.role(place, "payments-host", iam.trust_service("ec2"), "payments",
             attached=("AmazonSSMManagedInstanceCore", written["payments-read"]), boundary=written["platform-boundary"])
    iam.role(place, "ledger-batch", iam.trust_service("ec2"), "ledger", attached=(written["statements-decrypt-any"],),
             inline=(iam.bucket_reader(f"{BANK}-ledger-archive"),))
    for name in (f"{BANK}-WAF-Role", "site-host", "payments-host", "ledger-batch"):
        iam.instance_profile(place, name)


def service_roles(place: Place) -> None:
    own_logs = {
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": place.arn("logs", "log-group:/aws/lambda/*"),
    }
    own_queues = {
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
        "Resource": place.arn("sqs", "payments-*"),
    }
    own_account = {"StringEquals": {"aws:SourceAccount": place.account.id}}
    iam.role(place, "payments-functions", iam.trust_service("lambda"), "payments", inline=(own_logs, own_queues))
    iam.role(place, "statements-functions", iam.trust_service("lambda"), "statements", inline=(own_logs,),
             attached=("service-role/AWSLambdaBasicExecutionRole",))
    iam.role(place, "cards-functions", iam.trust_service("lambda"), "cards", attached=("AdministratorAccess",))
    iam.role(place, "config-recorder", iam.trust_service("config"), "security", attached=("service-role/AWS_ConfigRole",))
    iam.role(place, "database-monitoring", iam.trust_service("monitoring.rds", condition=own_account), "databases",
             attached=("service-role/AmazonRDSEnhancedMonitoringRole",))


def outside_roles(place: Place) -> None:
    """Roles that somebody outside the bank may take on."""
    read_payments = iam.bucket_reader(f"{BANK}-partner-exchange")
    iam.role(place, "partner-file-pickup", iam.trust_anyone(), "partners", inline=(read_payments,))
    iam.role(place, "fraud-vendor", iam.trust_account(VENDOR), "fraud",
             inline=({"Action": ["s3:GetObject", "rds:Describe*", "ec2:Describe*"], "Resource": "*"},))
    iam.role(place, "cost-vendor", iam.trust_account(OTHER_VENDOR, external_id="lb-7f3c91"), "finance",
             attached=("AWSBillingReadOnlyAccess",))
    iam.role(place, "workflows-deploy", iam.trust_repositories(place, "repo:*"), "platform", inline=(iam.ADMINISTRATOR,))
    iam.role(
        place, "workflows-site-release",
        iam.trust_repositories(place, "repo:lanternbridge/site:ref:refs/heads/main"), "web",
        inline=({"Action": ["s3:PutObject"], "Resource": f"arn:aws:s3:::{BANK}-site-assets/*"},),
    )


def inside_roles(place: Place, written: dict[str, str]) -> None:
    """Roles for other accounts of the bank and for staff."""
    staff = iam.trust_saml(place, "staff-login")
    iam.role(place, "BreakGlass", iam.trust_account(SHARED.root, mfa=True), "security",
             attached=(written["emergency-everything"],))
    iam.role(place, "release-from-development", iam.trust_account(DEVELOPMENT.root), "platform",
             attached=("PowerUserAccess",))
    iam.role(place, "StaffReadOnly", staff, "platform", attached=("ReadOnlyAccess",), hours=8)
    iam.role(place, "StaffOperator", staff, "operations",
             attached=("job-function/ViewOnlyAccess",), boundary=written["platform-boundary"], hours=4)
