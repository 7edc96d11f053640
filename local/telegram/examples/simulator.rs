//! The simulator alone, with a bot, a channel and a person to play with:
//! `cargo run -p telegram-simulator --example simulator [address]`.

use telegram_simulator::{ChatKind, NewChat, NewUser, Simulator, SimulatorOptions};

const ADDRESS: &str = "127.0.0.1:3000";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| ADDRESS.to_owned());
    let options = SimulatorOptions { data_file: None, public_url: format!("http://{address}") };
    let simulator = Simulator::start(options)?;
    let bot = simulator.create_bot("shop_bot", "Shop");
    let chat = simulator.create_chat(NewChat::new("Daily news", ChatKind::Channel));
    simulator.promote(bot.id, chat)?;
    simulator.create_user(NewUser::named("Anna"));
    let listener = tokio::net::TcpListener::bind(&address).await?;
    axum::serve(listener, simulator.router()).await?;
    simulator.stop().await;
    Ok(())
}
