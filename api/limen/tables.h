// Tables of the kinds of limen.dev.  For api/**.cc.
#pragma once

#include "api/gateway/tables.h"
#include "api/limen/certificate_policy.h"

namespace limen::api {

std::vector<std::string_view> names_of(const AcmeKeyType*);
std::vector<std::string_view> names_of(const AcmeChallengeType*);
const Schema& schema_of(const AcmeChallenge*);
const Schema& schema_of(const AcmeSecretKey*);
const Schema& schema_of(const AcmeExternalAccountBinding*);
const Schema& schema_of(const AcmeIssuer*);
const Schema& schema_of(const AcmeSpec*);
const Schema& schema_of(const CertificatePolicySpec*);
const Schema& schema_of(const CertificatePolicy*);

}  // namespace limen::api
