// Tables of the core kinds.  For api/**.cc.
#pragma once

#include "api/core/core.h"
#include "api/meta/tables.h"

namespace limen::api {

const Schema& schema_of(const Namespace*);
const Schema& schema_of(const ConfigMap*);
const Schema& schema_of(const Secret*);
const Schema& schema_of(const ServicePort*);
const Schema& schema_of(const ServiceSpec*);
const Schema& schema_of(const Service*);
const Schema& schema_of(const EndpointConditions*);
const Schema& schema_of(const Endpoint*);
const Schema& schema_of(const EndpointPort*);
const Schema& schema_of(const EndpointSlice*);
const Schema& schema_of(const ClusterTrustBundleSpec*);
const Schema& schema_of(const ClusterTrustBundle*);

}  // namespace limen::api
