"""Telltale from Python, over UDP. Copy telltale() into your application, or run: python3 telltale.py TYPE [JSON]"""
import json, os, socket, sys

HOST = os.environ.get("TELLTALE_HOST", "127.0.0.1")
PORT = int(os.environ.get("TELLTALE_PORT", "7575")) + 1
UDP = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
UDP.setblocking(False)

def telltale(type, info={}):
    """Sends one event, fire and forget: never raises, never waits."""
    try:
        event = {"type": type, "hostname": socket.gethostname(), "additional_info": info}
        UDP.sendto(json.dumps(event, default=str).encode(), (HOST, PORT))
    except Exception:
        pass  # telling must not break what it tells of

if __name__ == "__main__" and len(sys.argv) > 1:
    telltale(sys.argv[1], json.loads("".join(sys.argv[2:3]) or "{}"))
