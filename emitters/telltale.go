package main

import "cmp"
import "encoding/json"
import "net"
import "os"
import "strconv"

// Telltale from Go, over UDP: fire and forget. Copy telltale into your application, or: go run telltale.go TYPE [JSON]
func telltale(kind string, info any) {
	hostname, _ := os.Hostname()
	host := cmp.Or(os.Getenv("TELLTALE_HOST"), "127.0.0.1")
	port, _ := strconv.Atoi(cmp.Or(os.Getenv("TELLTALE_PORT"), "7575"))
	if udp, err := net.Dial("udp", net.JoinHostPort(host, strconv.Itoa(port+1))); err == nil {
		json.NewEncoder(udp).Encode(map[string]any{"type": kind, "hostname": hostname, "additional_info": info})
		udp.Close()
	}
}
func main() { telltale(os.Args[1], json.RawMessage(append(os.Args, "{}")[2])) }
