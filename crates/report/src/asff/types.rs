//! How Security Hub calls the kinds of resources that it knows.

/// `Other` for what it does not know.
pub(super) fn resource_type(kind: &str) -> &'static str {
    let known = TYPES.binary_search_by_key(&kind, |(kind, _)| kind);
    known.ok().and_then(|at| TYPES.get(at)).map_or("Other", |(_, name)| name)
}

/// Kinds and names, in the order of the kinds. The names are those of the members of `Resources.Details` in
/// the model of `BatchImportFindings`, and `AwsAccount`; a test holds them against that model.
const TYPES: [(&str, &str); 79] = [
    ("AWS::::Account", "AwsAccount"),
    ("AWS::AmazonMQ::Broker", "AwsAmazonMqBroker"),
    ("AWS::ApiGateway::RestApi", "AwsApiGatewayRestApi"),
    ("AWS::ApiGateway::Stage", "AwsApiGatewayStage"),
    ("AWS::ApiGatewayV2::Api", "AwsApiGatewayV2Api"),
    ("AWS::ApiGatewayV2::Stage", "AwsApiGatewayV2Stage"),
    ("AWS::AppSync::GraphQLApi", "AwsAppSyncGraphQlApi"),
    ("AWS::Athena::WorkGroup", "AwsAthenaWorkGroup"),
    ("AWS::AutoScaling::AutoScalingGroup", "AwsAutoScalingAutoScalingGroup"),
    ("AWS::AutoScaling::LaunchConfiguration", "AwsAutoScalingLaunchConfiguration"),
    ("AWS::Backup::BackupPlan", "AwsBackupBackupPlan"),
    ("AWS::Backup::BackupVault", "AwsBackupBackupVault"),
    ("AWS::CertificateManager::Certificate", "AwsCertificateManagerCertificate"),
    ("AWS::CloudFormation::Stack", "AwsCloudFormationStack"),
    ("AWS::CloudFront::Distribution", "AwsCloudFrontDistribution"),
    ("AWS::CloudTrail::Trail", "AwsCloudTrailTrail"),
    ("AWS::CloudWatch::Alarm", "AwsCloudWatchAlarm"),
    ("AWS::CodeBuild::Project", "AwsCodeBuildProject"),
    ("AWS::DMS::Endpoint", "AwsDmsEndpoint"),
    ("AWS::DMS::ReplicationInstance", "AwsDmsReplicationInstance"),
    ("AWS::DMS::ReplicationTask", "AwsDmsReplicationTask"),
    ("AWS::DynamoDB::Table", "AwsDynamoDbTable"),
    ("AWS::EC2::ClientVpnEndpoint", "AwsEc2ClientVpnEndpoint"),
    ("AWS::EC2::EIP", "AwsEc2Eip"),
    ("AWS::EC2::Instance", "AwsEc2Instance"),
    ("AWS::EC2::LaunchTemplate", "AwsEc2LaunchTemplate"),
    ("AWS::EC2::NetworkAcl", "AwsEc2NetworkAcl"),
    ("AWS::EC2::NetworkInterface", "AwsEc2NetworkInterface"),
    ("AWS::EC2::RouteTable", "AwsEc2RouteTable"),
    ("AWS::EC2::SecurityGroup", "AwsEc2SecurityGroup"),
    ("AWS::EC2::Subnet", "AwsEc2Subnet"),
    ("AWS::EC2::TransitGateway", "AwsEc2TransitGateway"),
    ("AWS::EC2::VPC", "AwsEc2Vpc"),
    ("AWS::EC2::VPCEndpointService", "AwsEc2VpcEndpointService"),
    ("AWS::EC2::VPCPeeringConnection", "AwsEc2VpcPeeringConnection"),
    ("AWS::EC2::VPNConnection", "AwsEc2VpnConnection"),
    ("AWS::EC2::Volume", "AwsEc2Volume"),
    ("AWS::ECR::Repository", "AwsEcrRepository"),
    ("AWS::ECS::Cluster", "AwsEcsCluster"),
    ("AWS::ECS::Service", "AwsEcsService"),
    ("AWS::ECS::TaskDefinition", "AwsEcsTaskDefinition"),
    ("AWS::EFS::AccessPoint", "AwsEfsAccessPoint"),
    ("AWS::EKS::Cluster", "AwsEksCluster"),
    ("AWS::ElasticBeanstalk::Environment", "AwsElasticBeanstalkEnvironment"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "AwsElbLoadBalancer"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AwsElbv2LoadBalancer"),
    ("AWS::Elasticsearch::Domain", "AwsElasticsearchDomain"),
    ("AWS::Events::EventBus", "AwsEventsEventbus"),
    ("AWS::GuardDuty::Detector", "AwsGuardDutyDetector"),
    ("AWS::IAM::AccessKey", "AwsIamAccessKey"),
    ("AWS::IAM::Group", "AwsIamGroup"),
    ("AWS::IAM::ManagedPolicy", "AwsIamPolicy"),
    ("AWS::IAM::Role", "AwsIamRole"),
    ("AWS::IAM::User", "AwsIamUser"),
    ("AWS::KMS::Key", "AwsKmsKey"),
    ("AWS::Kinesis::Stream", "AwsKinesisStream"),
    ("AWS::Lambda::Function", "AwsLambdaFunction"),
    ("AWS::Lambda::LayerVersion", "AwsLambdaLayerVersion"),
    ("AWS::MSK::Cluster", "AwsMskCluster"),
    ("AWS::NetworkFirewall::Firewall", "AwsNetworkFirewallFirewall"),
    ("AWS::NetworkFirewall::FirewallPolicy", "AwsNetworkFirewallFirewallPolicy"),
    ("AWS::NetworkFirewall::RuleGroup", "AwsNetworkFirewallRuleGroup"),
    ("AWS::OpenSearchService::Domain", "AwsOpenSearchServiceDomain"),
    ("AWS::RDS::DBCluster", "AwsRdsDbCluster"),
    ("AWS::RDS::DBClusterSnapshot", "AwsRdsDbClusterSnapshot"),
    ("AWS::RDS::DBInstance", "AwsRdsDbInstance"),
    ("AWS::RDS::DBSnapshot", "AwsRdsDbSnapshot"),
    ("AWS::RDS::EventSubscription", "AwsRdsEventSubscription"),
    ("AWS::Redshift::Cluster", "AwsRedshiftCluster"),
    ("AWS::Route53::HostedZone", "AwsRoute53HostedZone"),
    ("AWS::S3::AccessPoint", "AwsS3AccessPoint"),
    ("AWS::S3::Bucket", "AwsS3Bucket"),
    ("AWS::SNS::Topic", "AwsSnsTopic"),
    ("AWS::SQS::Queue", "AwsSqsQueue"),
    ("AWS::SageMaker::NotebookInstance", "AwsSageMakerNotebookInstance"),
    ("AWS::SecretsManager::Secret", "AwsSecretsManagerSecret"),
    ("AWS::StepFunctions::StateMachine", "AwsStepFunctionStateMachine"),
    ("AWS::WAFv2::RuleGroup", "AwsWafv2RuleGroup"),
    ("AWS::WAFv2::WebACL", "AwsWafv2WebAcl"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_order_so_that_they_are_found() {
        assert!(TYPES.is_sorted_by(|(a, _), (b, _)| a < b));
        assert!(TYPES.iter().all(|(kind, name)| resource_type(kind) == *name));
        assert_eq!(resource_type("AWS::Nothing::Here"), "Other");
    }
}
