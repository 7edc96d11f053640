//! URLs as the log may show them.

use url::Url;

/// Query names whose values look like secrets.
const SECRET_NAMES: &[&str] = &[
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "pass",
    "pwd",
    "sign",
    "sig",
    "signature",
    "hmac",
    "auth",
    "hash",
];

/// A URL with the values of secret-looking query parameters replaced by `***`.
#[must_use]
pub fn masked(url: &Url) -> String {
    let mut shown = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        // A URL that has user info can also be without.
        let _ = shown.set_username("***").and_then(|()| shown.set_password(None));
    }
    if let Some(query) = url.query() {
        let pairs: Vec<_> = query.split('&').map(masked_pair).collect();
        shown.set_query(Some(&pairs.join("&")));
    }
    shown.to_string()
}

fn masked_pair(pair: &str) -> String {
    let Some((name, _)) = pair.split_once('=') else { return pair.to_owned() };
    if looks_secret(name) { format!("{name}=***") } else { pair.to_owned() }
}

/// The values that [`masked`] leaves out of the query, as they stand there.
#[must_use]
pub fn masked_values(url: &Url) -> Vec<&str> {
    let pairs = url.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| looks_secret(name)).map(|(_, value)| value).collect()
}

fn looks_secret(name: &str) -> bool {
    name.split(['_', '-', '.']).any(|word| {
        let word = word.to_ascii_lowercase();
        SECRET_NAMES.iter().any(|secret| word == *secret || word.ends_with("key") || word.ends_with("token"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_looking_values_are_masked_and_the_rest_stays() {
        let url = "https://t.example/p?click=a%26b&api_key=s3cret&Token=x&apikey=y&keyword=shoes&status=wait";
        let with_password = masked(&"https://user:pass@t.example/p".parse().unwrap());
        assert_eq!(with_password, "https://***@t.example/p");
        let shown = masked(&url.parse().unwrap());
        assert_eq!(
            shown,
            "https://t.example/p?click=a%26b&api_key=***&Token=***&apikey=***&keyword=shoes&status=wait"
        );
        let signed = "https://t.example/p?sig=a&x_hmac=b&passwd=c&design=d".parse().unwrap();
        assert_eq!(masked(&signed), "https://t.example/p?sig=***&x_hmac=***&passwd=***&design=d");
        assert_eq!(masked_values(&signed), ["a", "b", "c"]);
    }
}
