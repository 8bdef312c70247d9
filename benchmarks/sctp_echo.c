/* The yardstick over SCTP: libusrsctp over UDP (RFC 6951) with threads of its own sends each message back on its stream.
 * What is used of usrsctp.h (0.9.5.0) is declared here: a system that serves has the library, not its header.
 * Source: RFC 6458 clause 5.3, general-path section 5.2. */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct socket;
struct sndinfo { uint16_t sid, flags; uint32_t ppid, context, association; };
struct rcvinfo { uint16_t sid, ssn, flags; uint32_t ppid, tsn, cumulative, context, association; };
void usrsctp_init(uint16_t, int (*)(void *, void *, size_t, uint8_t, uint8_t), void (*)(const char *, ...));
struct socket *usrsctp_socket(int, int, int, void *, void *, uint32_t, void *);
int usrsctp_setsockopt(struct socket *, int, int, const void *, socklen_t);
int usrsctp_bind(struct socket *, struct sockaddr *, socklen_t);
int usrsctp_listen(struct socket *, int);
struct socket *usrsctp_accept(struct socket *, struct sockaddr *, socklen_t *);
ssize_t usrsctp_recvv(struct socket *, void *, size_t, struct sockaddr *, socklen_t *, void *, socklen_t *, unsigned *, int *);
ssize_t usrsctp_sendv(struct socket *, const void *, size_t, struct sockaddr *, int, void *, socklen_t, unsigned, int);

enum { SCTP = 132, INITMSG = 0x03, NODELAY = 0x04, RECVRCVINFO = 0x1F, SNDINFO = 1, NOTIFICATION = 0x2000 };

int main(int count, char **words) {
    static char octets[65536];
    int one = 1;
    uint16_t streams[4] = {16, 16, 0, 0};
    if (count != 3) return 2;
    usrsctp_init((uint16_t)atoi(words[1]), NULL, NULL);
    struct socket *port = usrsctp_socket(AF_INET, SOCK_STREAM, SCTP, NULL, NULL, 0, NULL);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[2]))};
    if (!port || usrsctp_setsockopt(port, SCTP, INITMSG, streams, sizeof streams) < 0
        || usrsctp_setsockopt(port, SCTP, NODELAY, &one, sizeof one) < 0
        || usrsctp_setsockopt(port, SCTP, RECVRCVINFO, &one, sizeof one) < 0
        || usrsctp_bind(port, (struct sockaddr *)&at, sizeof at) < 0 || usrsctp_listen(port, 1) < 0) {
        perror("sctp_echo");
        return 1;
    }
    printf("ready sctp-over-udp 127.0.0.1:%s\n", words[1]);
    fflush(stdout);
    for (;;) {
        struct socket *peer = usrsctp_accept(port, NULL, NULL);
        if (!peer) return 1;
        usrsctp_setsockopt(peer, SCTP, NODELAY, &one, sizeof one);
        for (;;) {
            struct rcvinfo heard;
            struct sockaddr_in from;
            socklen_t from_size = sizeof from, heard_size = sizeof heard;
            unsigned kind = 0;
            int flags = 0;
            ssize_t size = usrsctp_recvv(peer, octets, sizeof octets, (struct sockaddr *)&from, &from_size, &heard, &heard_size, &kind, &flags);
            if (size <= 0) break;
            if (flags & NOTIFICATION) continue;
            struct sndinfo back = {.sid = heard.sid, .ppid = heard.ppid};
            if (usrsctp_sendv(peer, octets, (size_t)size, NULL, 0, &back, sizeof back, SNDINFO, 0) < 0) break;
        }
    }
}
