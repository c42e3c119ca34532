//! Addresses of web pages in the form in which they are compared.

/// The address without what does not change the page: scheme, `www.` and `m.`, default port, trackers, fragment, slash at
/// the end. `None` when it is no web address.
pub fn canonical(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let is_https = scheme.eq_ignore_ascii_case("https");
    if !is_https && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host_end);
    if host.is_empty() || host.contains('@') {
        return None;
    }
    let mut host = host.to_lowercase();
    if let Some(bare) = host.strip_suffix(if is_https { ":443" } else { ":80" }) {
        host.truncate(bare.len());
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut out = String::with_capacity(url.len());
    push_host(&mut out, &host);
    if out.is_empty() {
        return None;
    }
    out.push_str(path.trim_end_matches('/'));
    let mut separator = '?';
    for part in query.split('&').filter(|part| !part.is_empty() && !is_tracker(part)) {
        out.push(separator);
        out.push_str(part);
        separator = '&';
    }
    // Some applications keep the page's name behind the hash.
    if fragment.starts_with(['!', '/']) {
        out.push('#');
        out.push_str(fragment);
    }
    Some(out)
}

/// Appends the host without the labels that only choose a layout: `www.`, `m.` and `mobile.`, also behind a language.
fn push_host(out: &mut String, host: &str) {
    let labels = host.split('.').count();
    let mut left = labels;
    for (at, label) in host.split('.').enumerate() {
        let is_layout = matches!(label, "www" | "m" | "mobile") && at < 2 && left > 2;
        if is_layout {
            left -= 1;
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(label);
        }
    }
}

/// Parameters that say where a visitor came from, not what page is meant.
fn is_tracker(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or(parameter);
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("utm_"))
        || matches!(
            name,
            "fbclid" | "gclid" | "dclid" | "msclkid" | "yclid" | "igshid" | "mc_cid" | "mc_eid" | "_hsenc" | "_hsmi"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_change_the_page_does_not_count() {
        for url in [
            "https://example.org/a/b",
            "http://example.org/a/b/",
            "HTTPS://WWW.Example.org:443/a/b#top",
            "https://m.example.org/a/b?utm_source=x&UTM_Medium=y&fbclid=1",
            "  https://example.org/a/b?  ",
        ] {
            assert_eq!(canonical(url).as_deref(), Some("example.org/a/b"), "{url}");
        }
        assert_eq!(
            canonical("https://en.m.wikipedia.org/wiki/CRISPR"),
            canonical("https://en.wikipedia.org/wiki/CRISPR")
        );
    }

    #[test]
    fn what_names_the_page_is_kept() {
        assert_eq!(canonical("https://example.org/?id=2&b=1").as_deref(), Some("example.org?id=2&b=1"));
        assert_eq!(canonical("https://example.org/app#!/page").as_deref(), Some("example.org/app#!/page"));
        assert_eq!(canonical("http://example.org:8080/").as_deref(), Some("example.org:8080"));
        assert_eq!(canonical("https://m.com/x").as_deref(), Some("m.com/x"));
        assert_ne!(canonical("https://example.org/A"), canonical("https://example.org/a"));
    }

    #[test]
    fn what_is_no_web_address_has_no_form() {
        for url in [
            "",
            "example.org/a",
            "ftp://example.org",
            "https://",
            "https:///a",
            "http://user@example.org/",
            "mailto:a@b",
            "http://www../a",
            "http://./",
        ] {
            assert_eq!(canonical(url), None, "{url}");
        }
    }
}
