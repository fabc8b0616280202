//! Access tokens for XOAUTH2: a refresh token is exchanged for one (RFC 6749 section 6), kept until shortly before it ends.

use std::path::PathBuf;

use bytes::Bytes;
use serde::Deserialize;
use service::http::{Body, Limits, Session, Trust};
use zeroize::Zeroizing;

use crate::secret_files::Secret;
use crate::settings::MailSettings;
use crate::state::State;

/// Longest answer of the identity provider, bytes.
const ANSWER_MAX: usize = 64 * 1024;
/// A token is not used in its last minute.
const MARGIN_US: i64 = 60_000_000;
/// Life of a token whose answer names none, seconds.
const LIFE_S: i64 = 300;

/// An access token.
pub(crate) struct Token {
    access: Zeroizing<String>,
    ends_us: i64,
    /// What it was asked with: changed settings ask anew.
    asked: (String, String),
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
    /// Some providers give a new one with every use.
    #[serde(default)]
    refresh_token: Option<String>,
}

/// The access token to log in with now.
///
/// # Errors
/// One sentence for people, without the secrets.
pub(super) async fn access(state: &State, settings: &MailSettings) -> Result<Zeroizing<String>, String> {
    let mut kept = state.mail.token.lock().await;
    let asked = (settings.oauth_url(), settings.oauth_client_id.clone());
    let now = state.now().0;
    if let Some(token) = kept.as_ref().filter(|token| token.asked == asked && token.ends_us > now) {
        return Ok(token.access.clone());
    }
    let secret = |secret| state.secret_files.read(secret).map_err(|error| format!("a secret: {error}"));
    let refresh = secret(Secret::MailOauthRefreshToken)?
        .ok_or("there is no refresh token: papergate mail secret oauth-refresh-token")?;
    let mut form = vec![
        ("grant_type", Zeroizing::new("refresh_token".to_owned())),
        ("client_id", Zeroizing::new(settings.oauth_client_id.clone())),
        ("refresh_token", refresh),
    ];
    if let Some(scope) = settings.oauth_scope() {
        form.push(("scope", Zeroizing::new(scope.to_owned())));
    }
    if let Some(secret) = secret(Secret::MailOauthClient)? {
        form.push(("client_secret", secret));
    }
    let answer = post(&asked.0, settings.ca_file.clone(), &form).await?;
    if let Some(refresh) = &answer.refresh_token {
        let kept = state.secret_files.write(Secret::MailOauthRefreshToken, refresh);
        kept.map_err(|error| format!("the new refresh token could not be kept: {error}"))?;
    }
    let access = Zeroizing::new(answer.access_token);
    let life_us = answer.expires_in.unwrap_or(LIFE_S).clamp(0, 86_400) * 1_000_000;
    *kept = Some(Token { access: access.clone(), ends_us: now + life_us - MARGIN_US, asked });
    Ok(access)
}

/// Forgets the token: the mail server refused it.
pub(super) async fn forget(state: &State) {
    *state.mail.token.lock().await = None;
}

async fn post(
    url: &str,
    ca_file: Option<PathBuf>,
    form: &[(&str, Zeroizing<String>)],
) -> Result<Answer, String> {
    let uri: http::Uri = url.parse().map_err(|_| format!("'{url}' is no address of a token service"))?;
    let loopback = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    if uri.scheme_str() != Some("https") && !loopback {
        return Err(format!("{url}: a refresh token is only sent over https"));
    }
    let mut text = Zeroizing::new(String::new());
    for (name, value) in form {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte))
                }
                _ => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    let trust = ca_file.map_or_else(Trust::system, Trust::Authorities);
    let failed = |error: service::http::HttpError| format!("the token service {url}: {error}");
    let mut session = Session::connect(&uri, &trust, Limits::default()).await.map_err(failed)?;
    let body = Body::whole(Bytes::copy_from_slice(text.as_bytes()));
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let answer = session.post(path, "application/x-www-form-urlencoded", body).await.map_err(failed)?;
    let status = answer.status();
    let bytes = answer.read(ANSWER_MAX).await.map_err(failed)?;
    if !status.is_success() {
        #[derive(Deserialize)]
        struct Refusal {
            error: String,
        }
        // Only the error's code: the description may repeat what was sent.
        let code = serde_json::from_slice::<Refusal>(&bytes).map(|refusal| refusal.error).unwrap_or_default();
        return Err(format!("the token service {url} answered {status} {code}"));
    }
    serde_json::from_slice(&bytes).map_err(|_| format!("the token service {url} gave no token"))
}
