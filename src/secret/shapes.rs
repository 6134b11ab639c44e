//! What keys look like that tell where they are from.
//!
//! The beginnings are those that the services themselves print, and that GitHub's secret scanning
//! lists ("Supported secret scanning patterns", 2026). Lengths are lower bounds: services make
//! their keys longer now and then, and never shorter.

use super::placeholder::is_placeholder;

/// Which characters follow a beginning.
#[derive(Clone, Copy)]
enum Alphabet {
    Hexadecimal,
    /// Capital letters and digits.
    Capitals,
    /// Letters and digits.
    Word,
    /// As [`Alphabet::Word`], with `-` and `_` (RFC 4648, section 5).
    Url,
    /// As [`Alphabet::Url`], with `.`, `+`, `/` and `=`.
    Wide,
}

impl Alphabet {
    fn has(self, c: char) -> bool {
        match self {
            Self::Hexadecimal => c.is_ascii_hexdigit(),
            Self::Capitals => c.is_ascii_uppercase() || c.is_ascii_digit(),
            Self::Word => c.is_ascii_alphanumeric(),
            Self::Url => Self::Word.has(c) || matches!(c, '-' | '_'),
            Self::Wide => Self::Url.has(c) || matches!(c, '.' | '+' | '/' | '='),
        }
    }
}

/// One service's keys.
struct Shape {
    /// What it is, with its article.
    name: &'static str,
    beginnings: &'static [&'static str],
    alphabet: Alphabet,
    /// How many characters follow the beginning, at least.
    least: usize,
}

const fn shape(
    name: &'static str,
    beginnings: &'static [&'static str],
    alphabet: Alphabet,
    least: usize,
) -> Shape {
    Shape { name, beginnings, alphabet, least }
}

use Alphabet::{Capitals, Hexadecimal, Url, Wide, Word};

/// The longer of two beginnings that both fit stands first.
const SHAPES: &[Shape] = &[
    shape("a GitHub token", &["github_pat_"], Url, 40),
    shape("a GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], Wide, 30),
    shape("a GitLab token", &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-"], Wide, 20),
    shape("an Anthropic key", &["sk-ant-"], Url, 20),
    shape("an OpenRouter key", &["sk-or-"], Url, 20),
    shape("a Langfuse key", &["sk-lf-"], Url, 20),
    shape("an OpenAI key", &["sk-proj-", "sk-svcacct-", "sk-admin-"], Url, 20),
    shape("an API key", &["sk-"], Word, 20),
    shape(
        "a Slack token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe", "xapp-"],
        Wide,
        15,
    ),
    shape("a Slack webhook", &["https://hooks.slack.com/services/"], Wide, 30),
    shape("an AWS access key", &["AKIA", "ASIA"], Capitals, 16),
    shape("a Google API key", &["AIza"], Url, 30),
    shape("a Google client secret", &["GOCSPX-"], Url, 20),
    shape("a Google access token", &["ya29."], Wide, 30),
    shape("a Stripe key", &["sk_live_", "sk_test_", "rk_live_", "rk_test_"], Word, 16),
    shape("a webhook secret", &["whsec_"], Wide, 20),
    shape("an npm token", &["npm_"], Word, 30),
    shape("a PyPI token", &["pypi-"], Url, 40),
    shape("a Linear key", &["lin_api_", "lin_oauth_"], Word, 20),
    shape("a Notion token", &["ntn_"], Word, 30),
    shape("a Notion token", &["secret_"], Word, 40),
    shape("a Sentry token", &["sntrys_", "sntryu_"], Wide, 30),
    shape("a Figma token", &["figd_", "figo_"], Url, 20),
    shape("a Hugging Face token", &["hf_"], Word, 30),
    shape("a Supabase key", &["sbp_", "sb_secret_"], Url, 20),
    shape("a Tavily key", &["tvly-"], Url, 16),
    shape("a Firecrawl key", &["fc-"], Hexadecimal, 32),
    shape("a Context7 key", &["ctx7sk-"], Url, 16),
    shape("a Perplexity key", &["pplx-"], Word, 30),
    shape("a Groq key", &["gsk_"], Word, 30),
    shape("an xAI key", &["xai-"], Word, 30),
    shape("a Replicate token", &["r8_"], Word, 30),
    shape("an ElevenLabs key", &["sk_"], Hexadecimal, 40),
    shape("an Atlassian token", &["ATATT3", "ATCTT3"], Wide, 40),
    shape("a HubSpot token", &["pat-na", "pat-eu"], Url, 30),
    shape("a DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_"], Hexadecimal, 40),
    shape("a SendGrid key", &["SG."], Wide, 40),
    shape("a Mailgun key", &["key-"], Hexadecimal, 32),
    shape("a Shopify token", &["shpat_", "shpss_", "shpca_", "shppa_"], Hexadecimal, 32),
    shape("a Databricks token", &["dapi"], Hexadecimal, 32),
    shape("a Doppler token", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa."], Wide, 30),
    shape("a HashiCorp Vault token", &["hvs.", "hvb."], Url, 20),
    shape("a Postman key", &["PMAK-"], Url, 40),
    shape("an Apify token", &["apify_api_"], Word, 20),
    shape("a Browserbase key", &["bb_live_"], Url, 20),
    shape("a CircleCI token", &["CCIPAT_", "CCIPRJ_"], Url, 20),
    shape("a Heroku key", &["HRKU-"], Url, 30),
    shape("a New Relic key", &["NRAK-"], Capitals, 20),
    shape("a Grafana token", &["glsa_", "glc_"], Wide, 30),
    shape("a Resend key", &["re_"], Url, 30),
    shape("a Pinecone key", &["pcsk_"], Url, 30),
    shape("a 1Password token", &["ops_eyJ"], Url, 40),
    shape("an age identity", &["AGE-SECRET-KEY-1"], Capitals, 50),
    shape("an Airtable token", &["pat"], Wide, 60),
];

/// Keys that are meant to be seen, and public halves of pairs.
const PUBLIC: [&str; 8] = [
    "pk_live_",
    "pk_test_",
    "pk-lf-",
    "sb_publishable_",
    "ssh-ed25519 ",
    "ssh-rsa ",
    "age1",
    "ecdsa-",
];

/// A key that is made up has few different characters (`ghp_xxxxxxxx`).
const LEAST_VARIETY: usize = 6;

/// What kind of key `word` is, with an article; `None` when it looks like none that is known.
#[must_use]
pub fn shape_of(word: &str) -> Option<&'static str> {
    let fits = |shape: &&Shape| {
        let mut rests = shape.beginnings.iter().filter_map(|begin| word.strip_prefix(begin));
        rests.any(|rest| is_key(rest, shape))
    };
    let known = SHAPES.iter().find(fits).map(|shape| shape.name);
    let known = known.or_else(|| is_web_token(word).then_some("a JSON web token"));
    let known = known.or_else(|| is_private_key(word).then_some("a private key"));
    known.filter(|_| !is_placeholder(word))
}

/// Whether `word` is the public half of a pair, or a key that web pages show.
pub(super) fn is_public(word: &str) -> bool {
    PUBLIC.iter().any(|begin| word.starts_with(begin))
}

fn is_key(rest: &str, shape: &Shape) -> bool {
    let count = rest.chars().count();
    // Words that happen to begin so have no digit: `secret_…` and `npm_config_…` are names too.
    let has_digit = rest.contains(|c: char| c.is_ascii_digit());
    // Airtable: 14 characters, a point, 64 hexadecimal digits.
    let is_whole = shape.name != "an Airtable token" || rest.find('.') == Some(14);
    count >= shape.least
        && rest.chars().all(|c| shape.alphabet.has(c))
        && has_digit
        && is_whole
        && variety(rest) >= LEAST_VARIETY
}

/// RFC 7519: three parts in base64, of which two begin with `{"`.
fn is_web_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return false;
    };
    let is_object = |part: &str| part.starts_with("eyJ") && part.len() >= 10;
    let is_encoded = |part: &&&str| part.chars().all(|c| Url.has(c));
    is_object(header)
        && is_object(claims)
        && signature.len() >= 10
        && parts.iter().filter(is_encoded).count() == 3
}

/// RFC 7468, and what came before it.
fn is_private_key(word: &str) -> bool {
    word.split_once("-----BEGIN ").is_some_and(|(_, rest)| {
        rest.split_once("-----").is_some_and(|(label, body)| {
            label.contains("PRIVATE KEY") && body.trim().len() > LEAST_VARIETY
        })
    })
}

/// How many different characters there are.
pub(super) fn variety(text: &str) -> usize {
    let mut all: Vec<char> = text.chars().collect();
    all.sort_unstable();
    all.dedup();
    all.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made up, in the form that the services print.
    const KEYS: [(&str, &str); 20] = [
        ("ghp_8fK2mQz7RtYw4LbNc9XeVa1HsUd5JgPoTi3B", "a GitHub token"),
        (
            "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ01",
            "a GitHub token",
        ),
        ("glpat-x7Yb2Qn9Lr4Kt6Vw1Zc3", "a GitLab token"),
        ("sk-ant-api03-Hq7_2bVn-x9ZkLw4RtYm8PcQs6", "an Anthropic key"),
        ("sk-proj-Ab12Cd34Ef56Gh78Ij90Kl12", "an OpenAI key"),
        ("sk-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c", "an API key"),
        ("xoxb-1234567890-0987654321-AbCdEfGhIjKlMnOpQrStUvWx", "a Slack token"),
        ("AKIAQ7X3MZ5R2WNB4KTY", "an AWS access key"),
        ("AIzaSyB7_x4Kq9Lm2Nw8Rt5Yv1Zc3Hd6Jf0Gp", "a Google API key"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "a Stripe key"),
        ("npm_a8Kd03nvUw72LmQx94TyRb61ZcVe5HsJgPoT", "an npm token"),
        ("lin_api_9aB8cD7eF6gH5iJ4kL3mN2oP1qR0", "a Linear key"),
        ("ntn_48291037465aBcDeFgHiJkLmNoPqRsTuVwXy", "a Notion token"),
        ("figd_q8W-e7R_t6Y5u4I3o2P1a0S9d8F7", "a Figma token"),
        ("fc-3d9f1a7be02c4856a1d0938475f6e2bc", "a Firecrawl key"),
        ("ctx7sk-1f2e3d4c-5b6a-7980", "a Context7 key"),
        (
            "patQ1w2E3r4T5y6U7.0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "an Airtable token",
        ),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
            "a JSON web token",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n",
            "a private key",
        ),
        (
            "AGE-SECRET-KEY-1QQPZ9RY8X7GF2TVDW0S3JN54KHCE6MUA7LQQPZ9RY8X7GF2TVDW0S",
            "an age identity",
        ),
    ];

    #[test]
    fn keys_are_known_by_their_looks() {
        for (key, name) in KEYS {
            assert_eq!(shape_of(key), Some(name), "{key}");
        }
    }

    #[test]
    fn words_that_begin_like_a_key_are_none() {
        for word in [
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "ghp_your_token_here_0123456789_0123456789",
            "sk-ant-...",
            "sk-learn-pipeline",
            "AKIAIOSFODNN7EXAMPLE",
            "npm_config_registry_for_the_build_machine",
            "secret_manager_project_of_the_team_in_europe_1",
            "path/to/a/file/that/is/rather/long/and/begins/with/pat/1234567890",
            "patterns.of.the.night",
            "re_export_everything_from_the_module",
            "pk_live_4eC39HqLyjWDarjtT1zdp7dc",
            "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhki\n-----END PUBLIC KEY-----\n",
            "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhki\n-----END CERTIFICATE-----\n",
            "eyJub3QiOiJvbmUifQ",
            "www.example.org",
            "",
        ] {
            assert_eq!(shape_of(word), None, "{word}");
        }
    }
}
