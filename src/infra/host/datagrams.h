// Takes datagrams away from an Envoy that leaves, while another one on the same ports stays.
//
// An Envoy that is told to close its listeners stops to read its UDP sockets, but keeps them open
// as long as it has connections; the kernel would go on to deal datagrams to them, as to all
// sockets of a SO_REUSEPORT group, and they would be lost.  So the leaving sockets are connected,
// through copies of them, to an address that sends nothing: the kernel deals to sockets that are
// not connected only.  What has been queued is still read, and answers under way are still sent.
//
// Source: udp(7), net/ipv4/udp.c, net/core/sock_reuseport.c.  Blocks as sockets.h.
#pragma once

#include "base/result.h"

namespace limen::infra {

// The error says why some or all sockets are not taken out.
Status take_datagrams(int leaving, int staying);

}  // namespace limen::infra
