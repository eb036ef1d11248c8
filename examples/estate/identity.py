"""IAM: users, groups, roles, policies, identity providers and the settings of an account."""

from accounts import AUDIT_ROLE, SHARED, Place, policy, tags

AWS_POLICY = "arn:aws:iam::aws:policy/"
GITHUB = "token.actions.githubusercontent.com"
ADMINISTRATOR = {"Action": "*", "Resource": "*"}


def trust_service(service: str, *, condition: dict | None = None) -> dict:
    return _trust({"Service": f"{service}.amazonaws.com"}, condition)


def trust_account(principal: str, *, external_id: str | None = None, mfa: bool = False) -> dict:
    """`principal` is an ARN, an account, or `*`."""
    condition: dict = {}
    if external_id:
        condition["StringEquals"] = {"sts:ExternalId": external_id}
    if mfa:
        condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    return _trust({"AWS": principal}, condition or None)


def trust_anyone() -> dict:
    return _trust("*", None)


def trust_repositories(place: Place, subject: str) -> dict:
    """Workflows of a code host; `subject` says of which repositories."""
    condition = {"StringLike": {f"{GITHUB}:sub": subject}, "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}
    return _trust({"Federated": f"arn:aws:iam::{place.account.id}:oidc-provider/{GITHUB}"}, condition) | {
        "Action": "sts:AssumeRoleWithWebIdentity"
    }


def trust_saml(place: Place, provider: str) -> dict:
    condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    return _trust({"Federated": f"arn:aws:iam::{place.account.id}:saml-provider/{provider}"}, condition) | {
        "Action": "sts:AssumeRoleWithSAML"
    }


def _trust(principal: dict | str, condition: dict | None) -> dict:
    statement = {"Principal": principal, "Action": "sts:AssumeRole"}
    return statement | ({"Condition": condition} if condition else {})


def role(
    place: Place,
    name: str,
    trusted: dict,
    owner: str = "platform",
    inline: tuple[dict, ...] = (),
    attached: tuple[str, ...] = (),
    boundary: str | None = None,
    hours: int = 1,
) -> None:
    """`attached` holds ARNs, or names of policies of the provider."""
    iam = place.client("iam")
    iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=policy(trusted),
        Description=f"{name} of {owner}",
        MaxSessionDuration=hours * 3600,
        Tags=tags(place, name, owner),
        **({"PermissionsBoundary": boundary} if boundary else {}),
    )
    if inline:
        iam.put_role_policy(RoleName=name, PolicyName=f"{name}-inline", PolicyDocument=policy(*inline))
    for arn in attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=_policy_arn(arn))


def instance_profile(place: Place, role_name: str) -> str:
    iam = place.client("iam")
    iam.create_instance_profile(InstanceProfileName=role_name)
    iam.add_role_to_instance_profile(InstanceProfileName=role_name, RoleName=role_name)
    return role_name


def managed_policy(place: Place, name: str, *statements: dict) -> str:
    return place.client("iam").create_policy(
        PolicyName=name, PolicyDocument=policy(*statements), Description=name, Tags=tags(place, name, "platform")
    )["Policy"]["Arn"]


def group(place: Place, name: str, attached: tuple[str, ...] = (), inline: tuple[dict, ...] = ()) -> None:
    iam = place.client("iam")
    iam.create_group(GroupName=name)
    for arn in attached:
        iam.attach_group_policy(GroupName=name, PolicyArn=_policy_arn(arn))
    if inline:
        iam.put_group_policy(GroupName=name, PolicyName=f"{name}-inline", PolicyDocument=policy(*inline))


def person(
    place: Place, name: str, groups: tuple[str, ...], mfa: bool = True, boundary: str | None = None, console: bool = True
) -> None:
    """A user who signs in by password; `mfa` says whether a second factor is set up."""
    iam = place.client("iam")
    iam.create_user(
        UserName=name, Tags=tags(place, name, name), **({"PermissionsBoundary": boundary} if boundary else {})
    )
    for one in groups:
        iam.add_user_to_group(GroupName=one, UserName=name)
    if console:
        iam.create_login_profile(UserName=name, Password="Made-up-for-the-example-1", PasswordResetRequired=False)
    if mfa:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="234567"
        )


def machine(place: Place, name: str, owner: str, groups: tuple[str, ...] = (), inline: tuple[dict, ...] = ()) -> None:
    """A user for a program: no password; keys are made apart, each with its age."""
    iam = place.client("iam")
    iam.create_user(UserName=name, Path="/service/", Tags=tags(place, name, owner))
    for one in groups:
        iam.add_user_to_group(GroupName=one, UserName=name)
    if inline:
        iam.put_user_policy(UserName=name, PolicyName=f"{name}-inline", PolicyDocument=policy(*inline))


def access_key(
    place: Place, user: str, made: int, used: int | None = None, active: bool = True, grown_from: int = 0
) -> None:
    """A key made and last used so many days ago; `used` None means never. The clock ends at `grown_from`."""
    iam = place.client("iam")
    place.emulator.days_ago(made)
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    if used is not None:
        place.emulator.days_ago(used)
        place.emulator.client_with(keys, "iam", place.region).list_account_aliases()
    if not active:
        iam.update_access_key(UserName=user, AccessKeyId=keys["AccessKeyId"], Status="Inactive")
    place.emulator.days_ago(grown_from)


def audit_role(place: Place) -> None:
    """Read-only, for the security account alone, with a second factor."""
    trusted = trust_account(SHARED.root, mfa=True)
    role(place, AUDIT_ROLE, trusted, "security", attached=("SecurityAudit", "job-function/ViewOnlyAccess"))


def github_provider(place: Place) -> None:
    place.client("iam").create_open_id_connect_provider(
        Url=f"https://{GITHUB}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["ab" * 20]
    )


def saml_provider(place: Place, name: str) -> None:
    """The metadata is a shell without a certificate, padded to the least length that the API takes."""
    shell = f'<EntityDescriptor entityID="https://login.lanternbridge.example/{name}"><!--{"x" * 1000}--></EntityDescriptor>'
    place.client("iam").create_saml_provider(Name=name, SAMLMetadataDocument=shell)


def server_certificate(place: Place, name: str) -> str:
    """The emulator does not read the certificate, so a name stands where the bytes would be."""
    return place.client("iam").upload_server_certificate(
        ServerCertificateName=name, CertificateBody=f"certificate of {name}", PrivateKey=f"no key of {name}"
    )["ServerCertificateMetadata"]["Arn"]


def password_policy(place: Place, length: int, strong: bool) -> None:
    place.client("iam").update_account_password_policy(
        MinimumPasswordLength=length,
        RequireSymbols=strong,
        RequireNumbers=strong,
        RequireUppercaseCharacters=strong,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
        **({"PasswordReusePrevention": 24, "MaxPasswordAge": 365} if strong else {}),
    )


def contact(place: Place, kind: str, title: str) -> None:
    """`kind` is SECURITY, BILLING or OPERATIONS; a function of the bank, not a person."""
    place.client("account").put_alternate_contact(
        AlternateContactType=kind,
        Name=title,
        Title=title,
        EmailAddress=f"{kind.lower()}@lanternbridge.example",
        PhoneNumber="+353 1 555 0100",
    )


def _policy_arn(name: str) -> str:
    return name if name.startswith("arn:") else AWS_POLICY + name


def bucket_reader(*buckets: str) -> dict:
    """Reads of the named buckets, and of those only."""
    resources = [arn for bucket in buckets for arn in (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*")]
    return {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": resources}

