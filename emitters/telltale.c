/* Telltale from C, over UDP. Copy telltale() into your program, or run: make telltale && ./telltale TYPE [JSON] */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Sends one event, fire and forget: never fails, never waits. The host is an IPv4 address, info a JSON object. */
void telltale(const char *type, const char *info) {
  char event[65508], kind[256] = "", name[256] = "", *end = kind, *host = getenv("TELLTALE_HOST"), *port = getenv("TELLTALE_PORT");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((port ? atoi(port) : 7575) + 1)};
  for (; *type && end < kind + 253; *end++ = *type++) if (*type == '"' || *type == '\\') *end++ = '\\';
  gethostname(name, sizeof name - 1);
  int length = snprintf(event, sizeof event, "{\"type\":\"%s\",\"hostname\":\"%s\",\"additional_info\":%s}", kind, name, info);
  int udp = inet_aton(host ? host : "127.0.0.1", &to.sin_addr) ? socket(AF_INET, SOCK_DGRAM, 0) : -1;
  if (length < (int)sizeof event) sendto(udp, event, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
  close(udp);
}
int main(int count, char **args) { if (count > 1) telltale(args[1], count > 2 ? args[2] : "{}"); }
