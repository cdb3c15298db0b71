<?php // Telltale from PHP, over UDP. Copy telltale() into your application, or run: php telltale.php TYPE [JSON]

/** Sends one event, fire and forget: never throws, never waits. */
function telltale(string $type, array|object $info = []): void
{
    try {
        $host = getenv('TELLTALE_HOST') ?: '127.0.0.1';
        $port = (int) (getenv('TELLTALE_PORT') ?: 7575) + 1;
        $event = ['type' => $type, 'hostname' => gethostname(), 'additional_info' => (object) $info];
        $udp = @stream_socket_client("udp://$host:$port");
        @fwrite($udp, json_encode($event, JSON_THROW_ON_ERROR));
    } catch (Throwable) {
        // telling must not break what it tells of
    }
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__ && $argc > 1) telltale($argv[1], json_decode($argv[2] ?? '{}'));
