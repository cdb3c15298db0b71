# Telltale from Ruby, over UDP. Copy telltale into your application, or run: ruby telltale.rb TYPE [JSON]
require 'json'
require 'socket'

TELLTALE_HOST = ENV.fetch('TELLTALE_HOST', '127.0.0.1')
TELLTALE_PORT = ENV.fetch('TELLTALE_PORT', '7575').to_i + 1
TELLTALE_UDP = UDPSocket.new

# Sends one event, fire and forget: never raises, never waits.
def telltale(type, info = {})
  event = { type: type, hostname: Socket.gethostname, additional_info: info }
  TELLTALE_UDP.send(JSON.generate(event), Socket::MSG_DONTWAIT, TELLTALE_HOST, TELLTALE_PORT)
rescue StandardError
  nil # telling must not break what it tells of
end

telltale(ARGV[0], JSON.parse(ARGV[1] || '{}')) if $PROGRAM_NAME == __FILE__ && ARGV.any?
