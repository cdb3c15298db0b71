# Telltale from Perl, over UDP. Copy telltale into your application, or run: perl telltale.pl TYPE [JSON]
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use Sys::Hostname;

# Sends one event, fire and forget: never dies, never waits.
sub telltale {
    my ($type, $info) = @_;
    local $SIG{__WARN__} = sub {};
    eval {
        my $to = ($ENV{TELLTALE_HOST} // '127.0.0.1') . ':' . (($ENV{TELLTALE_PORT} // 7575) + 1);
        my $event = encode_json({ type => $type, hostname => hostname, additional_info => $info // {} });
        IO::Socket::INET->new(Proto => 'udp', PeerAddr => $to)->send($event);
    };    # telling must not break what it tells of
}

utf8::decode($ARGV[0]), telltale($ARGV[0], decode_json($ARGV[1] // '{}')) if @ARGV && !caller;
