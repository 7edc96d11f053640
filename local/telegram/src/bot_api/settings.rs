//! `getMe` and `setMyCommands`.

use serde_json::{Value, json};

use super::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::shapes;

const MAX_COMMANDS: usize = 100;

pub fn get_me(call: &mut Call<'_>) -> ApiResult {
    let mut shape = shapes::bot(&call.own()?.bot);
    for (name, value) in [
        ("can_join_groups", true),
        ("can_read_all_group_messages", false),
        ("supports_inline_queries", false),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ] {
        shapes::put(&mut shape, name, Some(value));
    }
    Ok(shape)
}

pub fn set_my_commands(call: &mut Call<'_>) -> ApiResult {
    let commands = call.parameters.value("commands").cloned().unwrap_or_else(|| json!([]));
    let list = commands.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.len() > MAX_COMMANDS {
        return Err(ApiError::bad_request("too many commands specified"));
    }
    if !list.iter().all(is_command) {
        return Err(ApiError::bad_request("BOT_COMMAND_INVALID"));
    }
    call.own()?.commands = commands;
    Ok(json!(true))
}

fn is_command(command: &Value) -> bool {
    let text = |name: &str| command.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let name = text("command").trim_start_matches('/');
    (1..=32).contains(&name.len())
        && name.bytes().all(is_allowed)
        && (1..=256).contains(&text("description").chars().count())
}
