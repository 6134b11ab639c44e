//! The SDK's client, set up for servers of every make.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
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

/// How slow an upload may be before it counts as stuck (bytes a second).
const SLOWEST_UPLOAD: u64 = 32 * 1024;

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
        .timeout_config(timeouts(patient(bucket)))
        // Trailers with a CRC32, the default, break several servers; and every object has a hash.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled().grace_period(patient(bucket)).build(),
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

/// How long one request may take: no less than a few seconds, however little patience there is.
fn patient(bucket: &Bucket) -> Duration {
    bucket.patience.max(Duration::from_secs(5))
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

/// What is set otherwise while an object of that size is sent: it takes as long as it takes.
pub(super) fn for_upload(bucket: &Bucket, size: u64) -> Builder {
    let sending = Duration::from_secs(size / SLOWEST_UPLOAD);
    Config::builder().timeout_config(timeouts(patient(bucket) + sending))
}
