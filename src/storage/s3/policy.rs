//! What the credentials of the machine that takes snapshots need, as a policy of AWS's language.
//!
//! It can add, and neither read what it has stored nor replace nor remove it: whoever takes the
//! machine over can not take its past.

use super::Bucket;

/// The policy for that bucket, as JSON.
#[must_use]
pub fn writer_policy(bucket: &Bucket) -> String {
    let (name, below) = (&bucket.name, bucket.below());
    let object = |rest: &str| format!("arn:aws:s3:::{name}/{below}{rest}");
    let list_condition = match &bucket.prefix {
        Some(prefix) => format!(
            ",\n      \"Condition\": {{ \"StringLike\": {{ \"s3:prefix\": \"{prefix}/*\" }} }}"
        ),
        None => String::new(),
    };
    format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Sid": "ListWhatIsThere",
      "Effect": "Allow",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::{name}"{list_condition}
    }},
    {{
      "Sid": "ReadWhatIsNoSecret",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": [
        "{commits}",
        "{reports}",
        "{about}",
        "{script}",
        "{words}"
      ]
    }},
    {{
      "Sid": "AddAndNeverReplace",
      "Effect": "Allow",
      "Action": "s3:PutObject",
      "Resource": "{all}",
      "Condition": {{ "Null": {{ "s3:if-none-match": "false" }} }}
    }}
  ]
}}"#,
        commits = object("commits/*"),
        reports = object("drills/*"),
        about = object("vaultctl-repo*"),
        script = object("restore.sh"),
        words = object("RESTORE.txt"),
        all = object("*"),
    )
}
