// --health-address.
#pragma once

#include <string>

#include "base/result.h"
#include "http/probes.h"

namespace limen::ctl {

// Answers at "IP:PORT"; "": nowhere.
Status answer_at(const std::string& address, http::Probes& probes);

}  // namespace limen::ctl
