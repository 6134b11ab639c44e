//! Whether two addresses are of one server.

use url::Url;

/// Whether both have the same scheme, host and port, and are `http` or `https`. Read as browsers
/// read them (WHATWG URL, "origin"), so that an address can not look like one and lead to another.
pub(super) fn is_same_origin(one: &str, other: &str) -> bool {
    let origin = |text: &str| {
        let url = Url::parse(text).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        is_web.then(|| url.origin())
    };
    origin(one).is_some_and(|one| origin(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let own = "https://mcp.example.net/mcp";
        for same in [
            "https://mcp.example.net",
            "https://MCP.example.net:443/other?a#b",
            "https://user@mcp.example.net/",
            "https:\\\\mcp.example.net\\",
            "https://mcp.example.net\\@evil/mcp#",
        ] {
            assert!(is_same_origin(same, own), "{same}");
        }
        for other in [
            "http://mcp.example.net/mcp",
            "https://mcp.example.net:8443/mcp",
            "https://mcp.example.net.evil/mcp",
            "https://mcp.example.net@evil/mcp",
            "https://evil/https://mcp.example.net/mcp",
            "https://mcp\u{200b}.example.net.evil/",
            "mcp.example.net/mcp",
            "file:///mcp",
            "",
        ] {
            assert!(!is_same_origin(other, own), "{other}");
        }
        assert!(!is_same_origin("file:///a", "file:///a"));
    }
}
