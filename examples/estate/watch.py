"""What watches the estate: trails, log groups, alarms, GuardDuty and Config."""

from accounts import Place, tag_map, tags

# Changes that somebody should hear about at once, as CloudTrail writes them.
WATCHED = {
    "root-use": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }',
    "refused-calls": '{ $.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*" }',
    "console-without-mfa": '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }',
    "policy-changes": "{ $.eventName = PutRolePolicy || $.eventName = AttachRolePolicy || $.eventName = CreatePolicy }",
    "trail-changes": "{ $.eventName = StopLogging || $.eventName = DeleteTrail || $.eventName = UpdateTrail }",
    "key-deletion": "{ $.eventName = DisableKey || $.eventName = ScheduleKeyDeletion }",
    "bucket-policy-changes": "{ $.eventName = PutBucketPolicy || $.eventName = PutBucketAcl }",
    "security-group-changes": "{ $.eventName = AuthorizeSecurityGroupIngress || $.eventName = CreateSecurityGroup }",
}


def trail(
    place: Place,
    name: str,
    bucket: str,
    everywhere: bool,
    validated: bool,
    running: bool = True,
    key: str | None = None,
    log_group: str | None = None,
    role: str | None = None,
) -> str:
    cloudtrail = place.client("cloudtrail")
    asked = {
        "Name": name,
        "S3BucketName": bucket,
        "IsMultiRegionTrail": everywhere,
        "IncludeGlobalServiceEvents": True,
        "EnableLogFileValidation": validated,
        "TagsList": tags(place, name, "security", "confidential"),
    }
    if key:
        asked["KmsKeyId"] = key
    if log_group and role:
        asked |= {"CloudWatchLogsLogGroupArn": f"{log_group}:*", "CloudWatchLogsRoleArn": place.account.role(role)}
    arn = cloudtrail.create_trail(**asked)["TrailARN"]
    cloudtrail.start_logging(Name=name)
    if not running:
        cloudtrail.stop_logging(Name=name)
    return arn


def data_events(place: Place, trail_name: str, buckets: list[str]) -> None:
    """Records reads and writes of the objects in these buckets too."""
    place.client("cloudtrail").put_event_selectors(
        TrailName=trail_name,
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [
                    {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{bucket}/" for bucket in buckets]}
                ],
            }
        ],
    )


def log_group(place: Place, name: str, owner: str, keep_days: int | None = None, key: str | None = None) -> str:
    logs = place.client("logs")
    logs.create_log_group(logGroupName=name, tags=tag_map(place, name, owner), **({"kmsKeyId": key} if key else {}))
    if keep_days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=keep_days)
    return place.arn("logs", f"log-group:{name}")


def alarm_on(place: Place, group: str, name: str, topic: str) -> None:
    """A metric filter over a trail's log group and the alarm that it raises."""
    namespace = "Bank/Trail"
    place.client("logs").put_metric_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=WATCHED[name],
        metricTransformations=[{"metricName": name, "metricNamespace": namespace, "metricValue": "1"}],
    )
    alarm(place, name, namespace, name, 1, [topic])


def alarm(place: Place, name: str, namespace: str, metric: str, threshold: float, actions: list[str]) -> None:
    place.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmDescription=f"{metric} reached {threshold:g}",
        Namespace=namespace,
        MetricName=metric,
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        ActionsEnabled=bool(actions),
        AlarmActions=actions,
        Tags=tags(place, name, "security"),
    )


def guard_duty(place: Place, enabled: bool = True) -> None:
    place.client("guardduty").create_detector(
        Enable=enabled,
        FindingPublishingFrequency="FIFTEEN_MINUTES" if enabled else "SIX_HOURS",
        Tags=tag_map(place, "detector", "security"),
    )


def config_recorder(place: Place, role: str, bucket: str, running: bool = True, everything: bool = True) -> None:
    config = place.client("config")
    group = {"allSupported": True, "includeGlobalResourceTypes": place.region == "eu-west-1"}
    if not everything:
        group = {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": ["AWS::EC2::Instance"]}
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": place.account.role(role), "recordingGroup": group}
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": bucket})
    if running:
        config.start_configuration_recorder(ConfigurationRecorderName="default")


def config_rule(place: Place, name: str, identifier: str) -> None:
    place.client("config").put_config_rule(
        ConfigRule={"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}}
    )
