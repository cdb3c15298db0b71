// Telltale from Java, over UDP. Copy telltale() into your application, or run: java Telltale.java TYPE [JSON]
import java.net.*;
import static java.nio.charset.StandardCharsets.UTF_8;

public class Telltale {
    /** Sends one event, fire and forget: never throws, never waits. Info is a JSON object. */
    public static void telltale(String type, String info) {
        try (var udp = new DatagramSocket()) {
            var host = System.getenv().getOrDefault("TELLTALE_HOST", "127.0.0.1");
            var port = Integer.parseInt(System.getenv().getOrDefault("TELLTALE_PORT", "7575")) + 1;
            var kind = type.replaceAll("[\\\\\"]", "\\\\$0");
            var event = "{\"type\":\"%s\",\"additional_info\":%s}".formatted(kind, info).getBytes(UTF_8);
            udp.send(new DatagramPacket(event, event.length, new InetSocketAddress(host, port)));
        } catch (Exception quiet) {} // telling must not break what it tells of
    }

    public static void main(String[] args) { if (args.length > 0) telltale(args[0], args.length > 1 ? args[1] : "{}"); }
}
