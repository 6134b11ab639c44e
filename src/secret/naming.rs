//! What the name of a variable, an option, a header or a parameter says of its value.

/// How sure a name makes one that its value is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Says {
    /// It is something about a secret, or an id: `TOKEN_FILE`, `PROJECT_ID`.
    Plain,
    /// Nothing.
    Nothing,
    /// It may be: `SORT_KEY`, `AUTH`.
    Perhaps,
    /// It is: `API_KEY`, `TOKEN`.
    Secret,
    /// It is, and people may have chosen it: even a number is one.
    Password,
}

const PASSWORDS: [&str; 6] = ["passwd", "passphrase", "pass", "pwd", "pw", "userpass"];

const SECRETS: [&str; 15] = [
    "secret",
    "pat",
    "apikey",
    "credential",
    "credentials",
    "dsn",
    "bearer",
    "accesskey",
    "secretkey",
    "privatekey",
    "clientsecret",
    "authorization",
    "apisecret",
    "authkey",
    "cookie",
];

/// What makes a key one that opens something.
const OPENING: [&str; 20] = [
    "access",
    "account",
    "admin",
    "api",
    "app",
    "auth",
    "bot",
    "encryption",
    "integration",
    "license",
    "master",
    "personal",
    "private",
    "project",
    "role",
    "secret",
    "service",
    "signing",
    "subscription",
    "user",
];

/// What may follow the word for a secret, and then it is about the secret.
const ABOUT: [&str; 61] = [
    "alg",
    "algorithm",
    "arn",
    "audience",
    "backend",
    "budget",
    "cmd",
    "column",
    "command",
    "count",
    "dir",
    "directory",
    "domain",
    "enabled",
    "endpoint",
    "expires",
    "expiry",
    "field",
    "file",
    "filename",
    "folder",
    "format",
    "hash",
    "helper",
    "host",
    "id",
    "ids",
    "index",
    "issuer",
    "length",
    "limit",
    "max",
    "method",
    "mode",
    "model",
    "name",
    "path",
    "policy",
    "port",
    "prefix",
    "provider",
    "realm",
    "ref",
    "region",
    "required",
    "scheme",
    "scope",
    "scopes",
    "sha",
    "size",
    "sock",
    "store",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "uuid",
    "version",
];

/// Names of the shell's own variables, and others that end like secrets.
const OTHERS: [&str; 5] = ["PWD", "OLDPWD", "KEY", "PASS", "Key"];

impl Says {
    pub(super) fn of(name: &str) -> Self {
        if name.is_empty() || OTHERS.contains(&name) {
            return Self::Nothing;
        }
        let parts = parts(name);
        let (Some(last), before) = (parts.last(), parts.iter().rev().nth(1)) else {
            return Self::Nothing;
        };
        let is_public = parts.iter().any(|part| matches!(&**part, "public" | "publishable"));
        if is_public || ABOUT.contains(&&**last) {
            return Self::Plain;
        }
        let says = |part: &String, before: Option<&String>| match part.as_str() {
            word if PASSWORDS.contains(&word) || word.ends_with("password") => Self::Password,
            word if SECRETS.contains(&word) || word.ends_with("token") => Self::Secret,
            "key" if before.is_some_and(|before| OPENING.contains(&&**before)) => Self::Secret,
            "key" | "auth" => Self::Perhaps,
            _ => Self::Nothing,
        };
        // `GITHUB_TOKEN_2`, `AUTH_HEADER`: what follows need not be the last word on it.
        says(last, before)
            .max(before.map_or(Self::Nothing, |part| says(part, parts.iter().rev().nth(2))))
    }
}

/// The words that a name is made of, in small letters: `X-Api-Key`, `apiKey`, `API_KEY`, `--api-key`.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let is_new = !c.is_alphanumeric() || was_small && c.is_uppercase();
        if is_new && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(String::new());
        }
        if c.is_alphanumeric() {
            parts.last_mut().into_iter().for_each(|part| part.extend(c.to_lowercase()));
        }
        was_small = c.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_hold() {
        let table = [
            (
                Says::Password,
                "DB_PASSWORD PGPASSWORD_X MYSQL_PWD --password smtpPass REDIS_PW KEY_PASSPHRASE",
            ),
            (
                Says::Secret,
                "GITHUB_PERSONAL_ACCESS_TOKEN GITHUB_PAT BRAVE_API_KEY OPENAI_APIKEY AWS_SECRET_ACCESS_KEY X-Api-Key \
                 apiKey --figma-api-key access_token SENTRY_DSN Authorization PRIVATE-TOKEN CLIENT_SECRET GITHUB_TOKEN_2 \
                 SUPABASE_SERVICE_ROLE_KEY authToken Cookie SERVICE_CREDENTIALS",
            ),
            (Says::Perhaps, "SORT_KEY AUTH AUTH_HEADER BRAVE_KEY"),
            (
                Says::Plain,
                "TOKEN_FILE AWS_ACCESS_KEY_ID AUTH_TYPE TOKEN_LIMIT GOOGLE_CREDENTIALS_PATH STRIPE_PUBLISHABLE_KEY \
                 PASSWORD_STORE LANGFUSE_PUBLIC_KEY TOKEN_URL AUTH_MODE SSH_AUTH_SOCK PROJECT_ID KEY_NAME",
            ),
            (
                Says::Nothing,
                "PWD OLDPWD HOME MAX_TOKENS KEYBOARD MONKEY COMPASS AUTHOR DEBUG Accept PATTERN",
            ),
        ];
        for (says, names) in table {
            for name in names.split_whitespace() {
                assert_eq!(Says::of(name), says, "{name}");
            }
        }
    }

    #[test]
    fn names_come_apart() {
        assert_eq!(parts("--figma-api-key"), ["figma", "api", "key"]);
        assert_eq!(parts("accessToken"), ["access", "token"]);
        assert_eq!(parts("X-API-Key"), ["x", "api", "key"]);
        assert!(parts("--").is_empty());
    }
}
