//! The SDK's client, set up for servers of every make.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::{TimeoutConfig, TimeoutConfigBuilder};
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Config, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use super::{Bucket, Credentials};

/// The region where none is given; servers that have none do not look at it.
const REGION: &str = "us-east-1";

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for that bucket.
pub(super) fn client(bucket: &Bucket, credentials: &Credentials) -> Client {
    let region = bucket.region.clone().unwrap_or_else(|| REGION.to_owned());
    let path_style = bucket.path_style.unwrap_or(bucket.endpoint.is_some());
    let mut builder = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
        )
        .credentials_provider(handed_over(credentials))
        .region(Region::new(region))
        .force_path_style(path_style)
        // `Patient` repeats, with a budget of time instead of a number.
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts().operation_attempt_timeout(patience(bucket)).build())
        // Trailers with a CRC32, the default, break several servers; and every object has a hash.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .stalled_stream_protection(
            // Of uploads `unless_stuck` takes care, which also waits for the answer.
            StalledStreamProtectionConfig::enabled()
                .upload_enabled(false)
                .grace_period(patience(bucket))
                .build(),
        );
    builder.set_endpoint_url(bucket.endpoint.clone());
    Client::from_conf(builder.build())
}

/// The SDK keeps its own copy, and wipes it.
fn handed_over(credentials: &Credentials) -> aws_sdk_s3::config::Credentials {
    // EXPOSE: requests are signed with it, by the SDK.
    let secret = credentials.secret.expose();
    // EXPOSE: requests carry it, as the server gave it out.
    let token = credentials.token.as_ref().map(|token| token.expose().to_owned());
    aws_sdk_s3::config::Credentials::new(&credentials.key_id, secret, token, None, "vaultctl")
}

/// How long one request may take, or pause: no less than a few seconds, however little patience
/// there is.
pub(super) fn patience(bucket: &Bucket) -> Duration {
    bucket.patience.max(Duration::from_secs(5))
}

fn timeouts() -> TimeoutConfigBuilder {
    TimeoutConfig::builder().connect_timeout(CONNECT)
}

/// What is set otherwise for an upload: it takes as long as it takes.
pub(super) fn for_upload() -> Builder {
    Config::builder().timeout_config(timeouts().disable_operation_attempt_timeout().build())
}
