/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/phone_configuration.h"

#include <string.h>

#include "provisioning/phone_configuration_table.h"

#define MEMBERS    "device/devicePool/callManagerGroup/members/member"
#define TVS_MEMBER "device/TVS/members/member"
#define LINE       "device/sipProfile/sipLines/line"
#define CAPF       "device/capfList/capf"

#define IN(type, member) .offset = offsetof(struct type, member)
#define TEXT(type, member)                                                                         \
	.kind = ELEMENT_TEXT, IN(type, member), .size = sizeof(((struct type *)0)->member)
#define NUMBER(type, member, low, high)                                                            \
	.kind = ELEMENT_NUMBER, IN(type, member), .least = (low), .most = (high)
#define PORT(type, member) NUMBER(type, member, 1, 65535)
#define FLAG(member)       .kind = ELEMENT_FLAG, IN(phone_configuration, member), .always = true

#define GROUP(members, count, type, most_of)                                                       \
	.offset = offsetof(struct phone_configuration, members),                                   \
	.count_offset = offsetof(struct phone_configuration, count),                               \
	.member_size = sizeof(struct type), .most = (most_of)

const struct configuration_group configuration_groups[ELEMENT_GROUPS] = {
    [GROUP_MANAGERS] = {MEMBERS, "priority", .sorted = true,
	GROUP(managers, manager_count, configured_manager, CONFIGURED_MANAGERS_MOST),
	.attribute_offset = offsetof(struct configured_manager, priority)},
    [GROUP_TRUST_SERVICES] = {TVS_MEMBER, "priority", .sorted = true,
	GROUP(trust_services, trust_service_count, configured_service, CONFIGURED_SERVICES_MOST),
	.attribute_offset = offsetof(struct configured_service, priority)},
    [GROUP_LINES] = {LINE, "button", .sorted = true,
	GROUP(lines, line_count, configured_line, CONFIGURED_LINES_MOST),
	.attribute_offset = offsetof(struct configured_line, button)},
    [GROUP_CAPF] = {CAPF, NULL,
	GROUP(capf, capf_count, configured_service, CONFIGURED_SERVICES_MOST)},
};

const struct configuration_element configuration_elements[] = {
    {"device/fullConfig", FLAG(full)},
    {"device/deviceProtocol", TEXT(phone_configuration, protocol)},
    {"device/ipAddressMode", NUMBER(phone_configuration, ip_address_mode, 0, IP_ADDRESS_BOTH)},
    {MEMBERS "/callManager/ports/sipPort", PORT(configured_manager, sip_port),
	.group = GROUP_MANAGERS},
    {MEMBERS "/callManager/ports/securedSipPort", PORT(configured_manager, secured_sip_port),
	.group = GROUP_MANAGERS},
    {MEMBERS "/callManager/processNodeName", TEXT(configured_manager, host),
	.group = GROUP_MANAGERS, .always = true},
    {TVS_MEMBER "/port", PORT(configured_service, port), .group = GROUP_TRUST_SERVICES},
    {TVS_MEMBER "/address", TEXT(configured_service, host), .group = GROUP_TRUST_SERVICES,
	.always = true},
    {LINE "/proxy", TEXT(configured_line, proxy), .group = GROUP_LINES},
    {LINE "/port", PORT(configured_line, port), .group = GROUP_LINES},
    {LINE "/name", TEXT(configured_line, name), .group = GROUP_LINES, .always = true},
    {LINE "/displayName", TEXT(configured_line, display_name), .group = GROUP_LINES},
    {LINE "/authName", TEXT(configured_line, auth_name), .group = GROUP_LINES},
    {LINE "/authPassword", TEXT(configured_line, auth_password), .group = GROUP_LINES},
    {"device/loadInformation", TEXT(phone_configuration, load)},
    {"device/vendorConfig", .kind = ELEMENT_VENDOR},
    {"device/vendorConfig/adminPassword", TEXT(phone_configuration, vendor.admin_password)},
    {"device/versionStamp", TEXT(phone_configuration, version_stamp)},
    {"device/deviceSecurityMode", NUMBER(phone_configuration, security_mode,
				      DEVICE_SECURITY_NONSECURE, DEVICE_SECURITY_ENCRYPTED)},
    {"device/transportLayerProtocol",
	NUMBER(phone_configuration, transport, DEVICE_TRANSPORT_TCP, DEVICE_TRANSPORT_TCP_AND_UDP)},
    {"device/TLSResumptionTimer", NUMBER(phone_configuration, resumption_s, 0, 3600)},
    {"device/capfAuthMode",
	NUMBER(phone_configuration, capf_auth_mode, CAPF_AUTH_NONE, CAPF_AUTH_MIC_FIRST)},
    {CAPF "/phonePort", PORT(configured_service, port), .group = GROUP_CAPF},
    {CAPF "/processNodeName", TEXT(configured_service, host), .group = GROUP_CAPF, .always = true},
    {"device/certHash", .kind = ELEMENT_HEX, IN(phone_configuration, certificate_hash),
	.size = CONFIGURED_HASH_SIZE, .always = true},
    {"device/encrConfig", FLAG(encrypted)},
    {"device/ringfence/device", TEXT(phone_configuration, device)},
    {"device/ringfence/srtpSuites", TEXT(phone_configuration, srtp_suites)},
};
const size_t configuration_element_count = COUNT(configuration_elements);
_Static_assert(COUNT(configuration_elements) <= CONFIGURATION_TABLE_MOST, "table grew");

void
phone_configuration_init(struct phone_configuration *configuration)
{
	*configuration = (struct phone_configuration){
	    .full = true,
	    .protocol = "SIP",
	    .resumption_s = 3600,
	};
}

void
phone_configuration_wipe(struct phone_configuration *configuration)
{
	explicit_bzero(configuration, sizeof(*configuration));
}

const void *
configuration_value(const struct phone_configuration *configuration,
    const struct configuration_element *element, size_t index)
{
	const struct configuration_group *group = &configuration_groups[element->group];
	const char *base = (const char *)configuration;

	if (element->group != GROUP_NONE)
		base += group->offset + index * group->member_size;
	return base + element->offset;
}

size_t
configuration_group_count(const struct phone_configuration *configuration, enum element_group group)
{
	const char *base = (const char *)configuration;
	size_t count;

	memcpy(&count, base + configuration_groups[group].count_offset, sizeof(count));
	return count;
}
