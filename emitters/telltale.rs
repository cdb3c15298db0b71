// Telltale from Rust, over UDP. Copy telltale() into your application, or run: rustc telltale.rs && ./telltale TYPE [JSON]
use std::{env, net::UdpSocket};

/// Sends one event, fire and forget: never panics, never waits. `info` is a JSON object.
pub fn telltale(kind: &str, info: &str) {
    let host = env::var("TELLTALE_HOST").unwrap_or("127.0.0.1".into());
    let port = env::var("TELLTALE_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(7575u16);
    let kind = kind.replace('\\', r"\\").replace('"', "\\\"");
    let event = format!(r#"{{"type":"{kind}","additional_info":{info}}}"#);
    let _ = UdpSocket::bind("0.0.0.0:0").and_then(|udp| udp.send_to(event.as_bytes(), (&*host, port.wrapping_add(1))));
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(kind) = arguments.get(1) {
        telltale(kind, arguments.get(2).map_or("{}", |info| info));
    }
}
