"""The wide estate's edge: content delivery, APIs, classic load balancers, sign-in, names, mail.

Two to four of each kind, good and bad in turns. What moto has no operations for is left out: analysers
of access, the standards of Security Hub, Macie's automated discovery, logs of a distribution's second
form, signing of a zone. Its answers about configuration sets for mail are malformed, so there are none,
and it forgets by what identity a distribution reads its bucket.
"""

import argparse

import identity
from accounts import BANK, IRELAND, VIRGINIA, Account, Emulator, Place, policy, tags
from edge import visible

EDGE = Account("wide-edge", "777788880001")


def build(place: Place) -> None:
    certificate = certificates(place)
    pool = user_pools(place)
    web_acl = place.client("wafv2").create_web_acl(
        Name="edge", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visible("edge"), Rules=[]
    )["Summary"]["ARN"]
    rest_apis(place, pool, web_acl)
    http_apis(place)
    classic_balancers(place, certificate)
    distributions(place)
    zones(place)
    mail(place)
    services_on(place)


def certificates(place: Place) -> str:
    acm = place.client("acm")
    arns = [
        acm.request_certificate(
            DomainName=f"{name}.lanternbridge.example",
            ValidationMethod="DNS",
            KeyAlgorithm="RSA_2048",
            Options={"CertificateTransparencyLoggingPreference": "ENABLED" if logged else "DISABLED"},
            Tags=tags(place, name, "platform"),
        )["CertificateArn"]
        for name, logged in (("edge", True), ("edge-quiet", False))
    ]
    return arns[0]


def user_pools(place: Place) -> str:
    cognito = place.client("cognito-idp")
    pools = []
    for name, good in (("edge-staff", True), ("edge-shop", False)):
        pool = cognito.create_user_pool(
            PoolName=name,
            MfaConfiguration="ON" if good else "OFF",
            DeletionProtection="ACTIVE" if good else "INACTIVE",
            Policies={
                "PasswordPolicy": {
                    "MinimumLength": 14 if good else 6,
                    "RequireUppercase": good,
                    "RequireLowercase": True,
                    "RequireNumbers": good,
                    "RequireSymbols": good,
                    "TemporaryPasswordValidityDays": 3,
                }
            },
            AdminCreateUserConfig={"AllowAdminCreateUserOnly": good},
            UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED" if good else "OFF"},
            UserPoolTags={"owner": "platform"},
        )["UserPool"]
        cognito.create_user_pool_client(
            UserPoolId=pool["Id"],
            ClientName=f"{name}-site",
            GenerateSecret=good,
            ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
            if good
            else ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"] if good else ["implicit"],
            AllowedOAuthScopes=["openid"],
            SupportedIdentityProviders=["COGNITO"],
            CallbackURLs=["https://shop.lanternbridge.example/back"],
            RefreshTokenValidity=1 if good else 365,
            TokenValidityUnits={"RefreshToken": "days"},
            PreventUserExistenceErrors="ENABLED" if good else "LEGACY",
            EnableTokenRevocation=good,
        )
        pools.append(pool)
    return pools[0]["Arn"]


def rest_apis(place: Place, pool: str, web_acl: str) -> None:
    apigateway = place.client("apigateway")
    for name, good in (("edge-ledger", True), ("edge-offers", False)):
        api = apigateway.create_rest_api(
            name=name,
            endpointConfiguration={"types": ["REGIONAL"]},
            policy=invocation(good),
            disableExecuteApiEndpoint=good,
            tags={"owner": "platform"},
        )["id"]
        root = apigateway.get_resources(restApiId=api)["items"][0]["id"]
        resource = apigateway.create_resource(restApiId=api, parentId=root, pathPart="transfers")["id"]
        authorizer = apigateway.create_authorizer(
            restApiId=api,
            name=f"{name}-people",
            type="COGNITO_USER_POOLS",
            providerARNs=[pool],
            identitySource="method.request.header.Authorization",
        )["id"]
        for method in ("GET", "POST"):
            with_people = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": authorizer}
            asked = with_people if good else {"authorizationType": "NONE"}
            apigateway.put_method(restApiId=api, resourceId=resource, httpMethod=method, **asked)
            apigateway.put_integration(
                restApiId=api,
                resourceId=resource,
                httpMethod=method,
                type="HTTP",
                integrationHttpMethod="POST",
                uri="https://ledger.lanternbridge.example/",
            )
        deployment = apigateway.create_deployment(restApiId=api)["id"]
        apigateway.create_stage(
            restApiId=api,
            stageName="live",
            deploymentId=deployment,
            tracingEnabled=good,
            cacheClusterEnabled=True,
            variables={"backend": "ledger"} if good else {"db_password": "Wq7-made-up-42!"},
            tags={"owner": "platform"},
        )
        changes = {"/*/*/caching/enabled": "true", "/*/*/caching/dataEncrypted": str(good).lower()}
        if good:
            changes |= {
                "/accessLogSettings/destinationArn": place.arn("logs", "log-group:/edge/ledger"),
                "/*/*/logging/loglevel": "ERROR",
                "/*/*/throttling/rateLimit": "200",
                "/*/*/throttling/burstLimit": "100",
            }
        else:
            changes |= {"/*/*/logging/dataTrace": "true", "/*/*/throttling/rateLimit": "10000"}
        apigateway.update_stage(
            restApiId=api,
            stageName="live",
            patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in changes.items()],
        )
        if good:
            stage = f"arn:aws:apigateway:{place.region}::/restapis/{api}/stages/live"
            for front in (stage, pool):
                place.client("wafv2").associate_web_acl(WebACLArn=web_acl, ResourceArn=front)
    for name, good in (("edge-inner", True), ("edge-inner-open", False)):
        apigateway.create_rest_api(name=name, endpointConfiguration={"types": ["PRIVATE"]}, policy=invocation(good))
    for name, oldest in (("api.lanternbridge.example", "TLS_1_2"), ("old-api.lanternbridge.example", "TLS_1_0")):
        apigateway.create_domain_name(
            domainName=name,
            endpointConfiguration={"types": ["REGIONAL"]},
            regionalCertificateArn=place.arn("acm", "certificate/edge"),
            securityPolicy=oldest,
        )


def invocation(narrowed: bool) -> str:
    everyone = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    own_network = {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}}}
    return policy(everyone | (own_network if narrowed else {}))


def http_apis(place: Place) -> None:
    api_gateway = place.client("apigatewayv2")
    for name, good in (("edge-cards", True), ("edge-rates", False)):
        api = api_gateway.create_api(
            Name=name,
            ProtocolType="HTTP",
            CorsConfiguration={
                "AllowCredentials": True,
                "AllowOrigins": ["https://shop.lanternbridge.example" if good else "https://*"],
                "AllowMethods": ["GET"],
            },
            DisableExecuteApiEndpoint=good,
            Tags={"owner": "platform"},
        )["ApiId"]
        authorizer = api_gateway.create_authorizer(
            ApiId=api,
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            Name="people",
            JwtConfiguration={"Audience": ["shop"], "Issuer": "https://login.lanternbridge.example"},
        )["AuthorizerId"]
        api_gateway.create_route(
            ApiId=api,
            RouteKey="GET /cards",
            **({"AuthorizationType": "JWT", "AuthorizerId": authorizer} if good else {"AuthorizationType": "NONE"}),
        )
        logged_and_limited = {
            "AccessLogSettings": {"DestinationArn": place.arn("logs", "log-group:/edge/cards"), "Format": "$context.requestId"},
            "DefaultRouteSettings": {"ThrottlingRateLimit": 100.0, "ThrottlingBurstLimit": 50},
        }
        api_gateway.create_stage(
            ApiId=api,
            StageName="$default",
            AutoDeploy=True,
            StageVariables={"backend": "cards"} if good else {"api_token": "Zx91-made-up-token-77"},
            Tags={"owner": "platform"},
            **(logged_and_limited if good else {}),
        )


def classic_balancers(place: Place, certificate: str) -> None:
    elb = place.client("elb")
    for name, good in (("edge-branch", True), ("edge-archive", False)):
        listeners = [
            {
                "Protocol": "HTTPS",
                "LoadBalancerPort": 443,
                "InstanceProtocol": "HTTPS",
                "InstancePort": 8443,
                "SSLCertificateId": certificate,
            }
        ]
        if not good:
            listeners.append({"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 80})
        elb.create_load_balancer(
            LoadBalancerName=name,
            Listeners=listeners,
            AvailabilityZones=[f"{place.region}a"],
            Tags=tags(place, name, "platform"),
        )
        smuggling = {"Key": "elb.http.desyncmitigationmode", "Value": "defensive" if good else "monitor"}
        logs = {"Enabled": True, "S3BucketName": f"{BANK}-edge-logs", "EmitInterval": 60} if good else {"Enabled": False}
        elb.modify_load_balancer_attributes(
            LoadBalancerName=name, LoadBalancerAttributes={"AccessLog": logs, "AdditionalAttributes": [smuggling]}
        )
        elb.create_load_balancer_policy(
            LoadBalancerName=name,
            PolicyName=f"{name}-tls",
            PolicyTypeName="SSLNegotiationPolicyType",
            PolicyAttributes=[
                {"AttributeName": "Protocol-TLSv1", "AttributeValue": "false" if good else "true"},
                {"AttributeName": "Protocol-TLSv1.2", "AttributeValue": "true"},
            ],
        )
        elb.set_load_balancer_policies_of_listener(
            LoadBalancerName=name, LoadBalancerPort=443, PolicyNames=[f"{name}-tls"]
        )


def distributions(place: Place) -> None:
    cloudfront = place.client("cloudfront")
    place.client("s3").create_bucket(
        Bucket=f"{BANK}-edge-site",
        **({} if place.region == VIRGINIA else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}),
    )
    for number, good in enumerate((True, False)):
        bucket = f"{BANK}-edge-site" if good else f"{BANK}-edge-gone"
        origins = [
            {
                "Id": "files",
                "DomainName": f"{bucket}.s3.{place.region}.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E2EXAMPLE" if good else ""},
            },
            {
                "Id": "shop",
                "DomainName": "shop-origin.lanternbridge.example",
                "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "x-from-edge", "HeaderValue": "made-up-value"}]},
                "CustomOriginConfig": {
                    "HTTPPort": 80,
                    "HTTPSPort": 443,
                    "OriginProtocolPolicy": "https-only" if good else "http-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                },
            },
            {
                "Id": "cards",
                "DomainName": "cards-origin.lanternbridge.example",
                "CustomOriginConfig": {
                    "HTTPPort": 80,
                    "HTTPSPort": 443,
                    "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2" if good else "TLSv1"]},
                },
            },
        ]
        cloudfront.create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": {
                    "CallerReference": f"edge-{number}",
                    "Aliases": {"Quantity": 1, "Items": [f"edge-{number}.lanternbridge.example"]},
                    "DefaultRootObject": "index.html" if good else "",
                    "Origins": {"Quantity": len(origins), "Items": origins},
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "files",
                        "ViewerProtocolPolicy": "redirect-to-https" if good else "allow-all",
                        "MinTTL": 0,
                        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                    },
                    "Comment": f"edge {number}",
                    "Logging": {
                        "Enabled": good,
                        "IncludeCookies": False,
                        "Bucket": f"{BANK}-edge-logs.s3.amazonaws.com" if good else "",
                        "Prefix": "",
                    },
                    "Enabled": True,
                    "ViewerCertificate": {
                        "ACMCertificateArn": f"arn:aws:acm:us-east-1:{place.account.id}:certificate/edge",
                        "SSLSupportMethod": "sni-only",
                        "MinimumProtocolVersion": "TLSv1.2_2021" if good else "TLSv1",
                    },
                    "WebACLId": f"arn:aws:wafv2:us-east-1:{place.account.id}:global/webacl/edge/1" if good else "",
                },
                "Tags": {"Items": tags(place, f"edge-{number}", "platform")},
            }
        )


def zones(place: Place) -> None:
    route53 = place.client("route53")
    for name, good in (("lanternbridge.example", True), ("lanternbridge-offers.example", False)):
        zone = route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
        route53.change_tags_for_resource(
            ResourceType="hostedzone", ResourceId=zone.split("/")[-1], AddTags=[{"Key": "owner", "Value": "platform"}]
        )
        if good:
            group = "/aws/route53/edge"
            place.emulator.client(place.account, "logs", VIRGINIA).create_log_group(logGroupName=group)
            route53.create_query_logging_config(
                HostedZoneId=zone, CloudWatchLogsLogGroupArn=f"arn:aws:logs:us-east-1:{place.account.id}:log-group:{group}:*"
            )
            continue
        gone = f"winter.{name}"
        record = {"Name": gone, "Type": "CNAME", "TTL": 300}
        record["ResourceRecords"] = [{"Value": f"{gone}.s3-website-{place.region}.amazonaws.com"}]
        route53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        )


def mail(place: Place) -> None:
    ses = place.client("sesv2")
    for name, good in (("lanternbridge.example", True), ("lanternbridge-offers.example", False)):
        ses.create_email_identity(EmailIdentity=name, Tags=tags(place, name, "platform"))
        if not good:
            ses.create_email_identity_policy(EmailIdentity=name, PolicyName="partners", Policy=sending("*"))
            ses.create_email_identity_policy(EmailIdentity=name, PolicyName="agency", Policy=sending({"AWS": "999988887777"}))


def sending(principal: str | dict) -> str:
    return policy({"Principal": principal, "Action": "ses:SendEmail", "Resource": "*"})


def services_on(place: Place) -> None:
    place.client("securityhub").enable_security_hub(EnableDefaultStandards=True)
    # The service makes this role by itself; moto does not.
    place.client("iam").create_role(
        Path="/aws-service-role/macie.amazonaws.com/",
        RoleName="AWSServiceRoleForAmazonMacie",
        AssumeRolePolicyDocument=policy({"Principal": {"Service": "macie.amazonaws.com"}, "Action": "sts:AssumeRole"}),
    )
    place.client("macie2").enable_macie(findingPublishingFrequency="FIFTEEN_MINUTES", status="ENABLED")


def main() -> None:
    parser = argparse.ArgumentParser(description="builds the edge of the wide estate alone on a running emulator")
    parser.add_argument("--endpoint", required=True, help="the emulator, such as http://127.0.0.1:5055")
    emulator = Emulator(parser.parse_args().endpoint.rstrip("/"))
    emulator.start_afresh()
    place = Place(emulator, EDGE, IRELAND)
    identity.audit_role(place)
    build(place)


if __name__ == "__main__":
    main()
