/* SPDX-License-Identifier: Apache-2.0 */
/* tests/provisioning/phone_configuration_test.c - a configuration means the same both ways. */
#include "provisioning/phone_configuration.h"

#include <stdio.h>

#include "storage/storage.h"
#include "tests.h"

#define DEVICE(inside) "<device>" inside "</device>"
#define MEMBER(attribute, inside)                                                                  \
	"<devicePool><callManagerGroup><members><member " attribute "><callManager>" inside        \
	"</callManager></member></members></callManagerGroup></devicePool>"

/* complaint NULL: accepted. */
static const struct {
	const char *says, *document;
	enum fault fault;
	const char *complaint;
} cases[] = {
    {"an empty device", DEVICE(""), FAULT_NONE, NULL},
    {"unknown elements are passed over", DEVICE("<a><b>text</b></a><fullConfig>false</fullConfig>"),
	FAULT_NONE, NULL},
    {"blanks around a number", DEVICE("<capfAuthMode> 3\n</capfAuthMode>"), FAULT_NONE, NULL},
    {"not a device", "<phone/>", FAULT_MALFORMED, "not the configuration of a device"},
    {"nothing", "", FAULT_MALFORMED, "no element found"},
    {"an element left open", "<device><fullConfig>", FAULT_MALFORMED, "line 1"},
    {"text after the end", DEVICE("") "more", FAULT_MALFORMED, "junk"},
    {"a document type", "<!DOCTYPE device [<!ENTITY a \"b\">]>" DEVICE("&a;"), FAULT_FORBIDDEN,
	"document type"},
    {"an entity nobody declared", DEVICE("<loadInformation>&a;</loadInformation>"), FAULT_MALFORMED,
	"undefined entity"},
    {"an element twice",
	DEVICE("<deviceSecurityMode>3</deviceSecurityMode>\n"
	       "<deviceSecurityMode>1</deviceSecurityMode>"),
	FAULT_MALFORMED, "line 2: device/deviceSecurityMode given twice"},
    {"a vendor element twice",
	DEVICE("<vendorConfig><webAccess>1</webAccess><webAccess>0</webAccess></vendorConfig>"),
	FAULT_MALFORMED, "webAccess given twice"},
    {"a security mode of 0", DEVICE("<deviceSecurityMode>0</deviceSecurityMode>"), FAULT_MALFORMED,
	"deviceSecurityMode of 0, not 1 to 3"},
    {"a security mode of 4", DEVICE("<deviceSecurityMode>4</deviceSecurityMode>"), FAULT_MALFORMED,
	"deviceSecurityMode of 4, not 1 to 3"},
    {"a number with a sign", DEVICE("<transportLayerProtocol>+3</transportLayerProtocol>"),
	FAULT_MALFORMED, "transportLayerProtocol is not a number"},
    {"a number past 32 bits", DEVICE("<capfAuthMode>4294967299</capfAuthMode>"), FAULT_MALFORMED,
	"capfAuthMode is not a number"},
    {"a timer past an hour", DEVICE("<TLSResumptionTimer>3601</TLSResumptionTimer>"),
	FAULT_MALFORMED, "TLSResumptionTimer of 3601, not 0 to 3600"},
    {"a flag in other words", DEVICE("<encrConfig>yes</encrConfig>"), FAULT_MALFORMED,
	"encrConfig is neither true nor false"},
    {"a hash in capitals", DEVICE("<certHash>AB</certHash>"), FAULT_MALFORMED,
	"certHash is not lower-case hex"},
    {"web access of 3", DEVICE("<vendorConfig><webAccess>3</webAccess></vendorConfig>"),
	FAULT_MALFORMED, "webAccess of 3 has no meaning"},
    {"web protocol of 2", DEVICE("<vendorConfig><webProtocol>2</webProtocol></vendorConfig>"),
	FAULT_MALFORMED, "webProtocol of 2 has no meaning"},
    {"a priority that is no number", DEVICE(MEMBER("priority=\"x\"", "")), FAULT_MALFORMED,
	"priority of device/devicePool/callManagerGroup/members/member is not a number"},
    {"a manager without a host", DEVICE(MEMBER("priority=\"0\"", "")), FAULT_MALFORMED,
	"a call manager without a host"},
    {"a port of 65536", DEVICE(MEMBER("priority=\"0\"", "<ports><sipPort>65536</sipPort></ports>")),
	FAULT_MALFORMED, "sipPort of 65536, not 1 to 65535"},
    {"six CAPF servers",
	DEVICE("<capfList><capf><processNodeName>a</processNodeName></capf><capf/><capf/><capf/>"
	       "<capf/><capf/></capfList>"),
	FAULT_LIMIT, "more than 5 of device/capfList/capf"},
    {"seventeen levels",
	"<device><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q></q></p></o></n></m></l></k></j>"
	"</i></h></g></f></e></d></c></b></device>",
	FAULT_LIMIT, "nested over 16 deep"},
};

static void
each_document_gets_its_sentence(void **state)
{
	struct phone_configuration configuration;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("  %s\n", cases[i].says);
		if (cases[i].complaint == NULL)
			assert_accepted(phone_configuration_read(
					    bytes_text(cases[i].document), &configuration, &why),
			    why);
		else
			assert_refused(phone_configuration_read(
					   bytes_text(cases[i].document), &configuration, &why),
			    cases[i].fault, why, cases[i].complaint);
	}
}

static void
a_text_that_is_too_long_is_refused_only_where_it_counts(void **state)
{
	struct phone_configuration configuration;
	char text[600], document[800];
	struct why why;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	snprintf(document, sizeof(document), "<device><other>%s</other></device>", text);
	assert_accepted(phone_configuration_read(bytes_text(document), &configuration, &why), why);
	snprintf(
	    document, sizeof(document), "<device><versionStamp>%s</versionStamp></device>", text);
	assert_refused(phone_configuration_read(bytes_text(document), &configuration, &why),
	    FAULT_LIMIT, why, "versionStamp is too long");
	text[200] = '\0';
	snprintf(
	    document, sizeof(document), "<device><versionStamp>%s</versionStamp></device>", text);
	assert_refused(phone_configuration_read(bytes_text(document), &configuration, &why),
	    FAULT_LIMIT, why, "versionStamp over 127 characters");
}

static void
another_makers_file_is_understood(void **state)
{
	struct phone_configuration read;
	struct content file;
	struct why why;

	(void)state;
	assert_accepted(storage_read(TEST_DATA "/signed/SEP001122334455.cnf.xml",
			    PHONE_CONFIGURATION_MOST, &file, &why),
	    why);
	assert_accepted(phone_configuration_read(content_bytes(&file), &read, &why), why);
	assert_true(read.full);
	assert_string_equal(read.protocol, "SIP");
	assert_int_equal(read.ip_address_mode, IP_ADDRESS_BOTH);
	assert_string_equal(read.load, "sip8832.14-2-1");
	assert_int_equal(read.capf_auth_mode, CAPF_AUTH_NULL_STRING);
	assert_int_equal(read.capf_count, 1);
	assert_string_equal(read.capf[0].host, "cucm");
	assert_int_equal(read.capf[0].port, 3804);
	assert_int_equal(read.security_mode, DEVICE_SECURITY_ENCRYPTED);
	assert_string_equal(read.certificate_hash, "");
	assert_false(read.encrypted);
	content_free(&file);
}

static void
fill(struct phone_configuration *filled)
{
	phone_configuration_init(filled);
	filled->ip_address_mode = IP_ADDRESS_BOTH;
	filled->manager_count = 2;
	filled->managers[0] = (struct configured_manager){0, "192.0.2.1", 5060, 5061};
	filled->managers[1] = (struct configured_manager){1, "2001:db8::1", 0, 15061};
	filled->trust_service_count = 1;
	filled->trust_services[0] = (struct configured_service){0, "tvs.example", 2445};
	filled->line_count = 1;
	filled->lines[0] = (struct configured_line){.button = 1,
	    .name = "1001",
	    .display_name = "R\xc3\xb3sa & <Company> \"x\"",
	    .auth_name = "1001",
	    .auth_password = "]]> &amp;'",
	    .proxy = CONFIGURED_USE_CALL_MANAGER};
	vendor_settings_default(&filled->vendor);
	strcpy(filled->vendor.admin_password, "long enough");
	strcpy(filled->load, "ringfence-1");
	strcpy(filled->version_stamp, "{1234}");
	filled->security_mode = DEVICE_SECURITY_ENCRYPTED;
	filled->transport = DEVICE_TRANSPORT_TLS;
	filled->resumption_s = 0;
	filled->capf_auth_mode = CAPF_AUTH_LSC_FIRST;
	filled->capf_count = 2;
	filled->capf[0] = (struct configured_service){0, "192.0.2.1", 3804};
	filled->capf[1] = (struct configured_service){0, "192.0.2.2", 3805};
	strcpy(filled->certificate_hash, "d41d8cd98f00b204e9800998ecf8427e");
	filled->encrypted = true;
	strcpy(filled->device, "SEP001122334455");
	strcpy(filled->srtp_suites, "aead");
}

static void
what_is_written_reads_back_the_same(void **state)
{
	struct phone_configuration written, read;
	struct buffer document;
	struct why why;

	(void)state;
	memset(&written, 0, sizeof(written));
	memset(&read, 0, sizeof(read));
	fill(&written);
	buffer_init(&document, PHONE_CONFIGURATION_MOST);
	assert_accepted(phone_configuration_write(&written, &document, &why), why);
	assert_accepted(phone_configuration_read(buffer_bytes_of(&document), &read, &why), why);
	assert_memory_equal(&written.managers, &read.managers, sizeof(read.managers));
	assert_memory_equal(
	    &written.trust_services, &read.trust_services, sizeof(read.trust_services));
	assert_memory_equal(&written.lines, &read.lines, sizeof(read.lines));
	assert_memory_equal(&written.capf, &read.capf, sizeof(read.capf));
	assert_memory_equal(&written.vendor, &read.vendor, sizeof(read.vendor));
	assert_string_equal(written.version_stamp, read.version_stamp);
	assert_string_equal(written.certificate_hash, read.certificate_hash);
	assert_int_equal(written.resumption_s, read.resumption_s);
	assert_int_equal(written.transport, read.transport);
	assert_true(read.encrypted);
	assert_string_equal(read.device, "SEP001122334455");
	assert_string_equal(read.srtp_suites, "aead");
	buffer_finish(&document);
}

static void
lists_are_opened_and_closed_once_per_member(void **state)
{
	static const char expected[] =
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<device>\n"
	    "  <fullConfig>true</fullConfig>\n  <deviceProtocol>SIP</deviceProtocol>\n"
	    "  <ipAddressMode>0</ipAddressMode>\n  <TLSResumptionTimer>3600</TLSResumptionTimer>\n"
	    "  <capfAuthMode>0</capfAuthMode>\n  <capfList>\n"
	    "    <capf>\n      <phonePort>3804</phonePort>\n"
	    "      <processNodeName>a</processNodeName>\n    </capf>\n"
	    "    <capf>\n      <processNodeName>b</processNodeName>\n    </capf>\n  </capfList>\n"
	    "  <certHash></certHash>\n  <encrConfig>false</encrConfig>\n</device>\n";
	struct phone_configuration configuration;
	struct buffer document;
	struct why why;

	(void)state;
	phone_configuration_init(&configuration);
	configuration.capf_count = 2;
	configuration.capf[0] = (struct configured_service){0, "a", 3804};
	configuration.capf[1] = (struct configured_service){0, "b", 0};
	buffer_init(&document, PHONE_CONFIGURATION_MOST);
	assert_accepted(phone_configuration_write(&configuration, &document, &why), why);
	assert_string_equal(buffer_text_of(&document), expected);
	buffer_finish(&document);
}

static void
the_priority_decides_the_order_of_managers(void **state)
{
	static const char document[] = DEVICE("<TVS><members>"
					      "<member priority=\"2\"><address>c</address></member>"
					      "<member priority=\"0\"><address>a</address></member>"
					      "<member priority=\"2\"><address>d</address></member>"
					      "<member priority=\"1\"><address>b</address></member>"
					      "</members></TVS>");
	struct phone_configuration read;
	struct why why;

	(void)state;
	assert_accepted(phone_configuration_read(bytes_text(document), &read, &why), why);
	assert_int_equal(read.trust_service_count, 4);
	assert_string_equal(read.trust_services[0].host, "a");
	assert_string_equal(read.trust_services[1].host, "b");
	assert_string_equal(read.trust_services[2].host, "c");
	assert_string_equal(read.trust_services[3].host, "d");
}

static void
what_has_no_place_in_xml_is_not_written(void **state)
{
	static const struct {
		const char *says, *text;
	} texts[] = {
	    {"a control character", "a\001b"},
	    {"a line end", "a\nb"},
	    {"a broken UTF-8 character", "a\xc3"},
	    {"an overlong one", "\xc0\xaf"},
	    {"half a surrogate", "\xed\xa0\x80"},
	};
	struct phone_configuration configuration;
	struct buffer document;
	struct why why;

	(void)state;
	buffer_init(&document, PHONE_CONFIGURATION_MOST);
	for (size_t i = 0; i < COUNT(texts); i++) {
		phone_configuration_init(&configuration);
		strcpy(configuration.load, texts[i].text);
		assert_refused(phone_configuration_write(&configuration, &document, &why),
		    FAULT_FORBIDDEN, why, "loadInformation holds a character");
	}
	phone_configuration_init(&configuration);
	configuration.security_mode = 7;
	assert_refused(phone_configuration_write(&configuration, &document, &why), FAULT_FORBIDDEN,
	    why, "deviceSecurityMode of 7, not 1 to 3");
	phone_configuration_init(&configuration);
	configuration.vendor.value[VENDOR_GARP] = VENDOR_READ_ONLY;
	assert_refused(phone_configuration_write(&configuration, &document, &why), FAULT_FORBIDDEN,
	    why, "garp cannot be read-only");
	buffer_finish(&document);
}

/* The numbers of the guide, once more by hand, so that no table reads upside down. */
static void
no_vendor_number_is_read_upside_down(void **state)
{
	static const struct {
		const char *element;
		unsigned number;
		const char *meaning;
	} numbers[] = {
	    {"settingsAccess", 0, "disabled"},
	    {"settingsAccess", 1, "enabled"},
	    {"settingsAccess", 2, "restricted"},
	    {"webAccess", 0, "enabled"},
	    {"webAccess", 1, "disabled"},
	    {"webAccess", 2, "read-only"},
	    {"webProtocol", 0, "http-and-https"},
	    {"webProtocol", 1, "https-only"},
	    {"tls12Only", 0, "disabled"},
	    {"tls12Only", 1, "enabled"},
	    {"webAdmin", 0, "disabled"},
	    {"webAdmin", 1, "enabled"},
	    {"sshAccess", 0, "enabled"},
	    {"sshAccess", 1, "disabled"},
	    {"pcPort", 0, "enabled"},
	    {"pcPort", 1, "disabled"},
	    {"spanToPCPort", 0, "enabled"},
	    {"spanToPCPort", 1, "disabled"},
	    {"voiceVlanAccess", 0, "enabled"},
	    {"voiceVlanAccess", 1, "disabled"},
	    {"garp", 0, "enabled"},
	    {"garp", 1, "disabled"},
	    {"eapAuthentication", 0, "user-controlled"},
	    {"eapAuthentication", 1, "disabled"},
	    {"eapAuthentication", 2, "enabled"},
	    {"fipsMode", 0, "disabled"},
	    {"fipsMode", 1, "enabled"},
	};
	struct phone_configuration read, write;
	struct buffer document;
	char text[128];
	struct why why;
	size_t tried = 0;

	(void)state;
	buffer_init(&document, PHONE_CONFIGURATION_MOST);
	for (size_t i = 0; i < COUNT(numbers); i++)
		for (enum vendor_setting j = 0; j < VENDOR_SETTINGS; j++) {
			if (strcmp(vendor_setting_element(j), numbers[i].element) != 0)
				continue;
			snprintf(text, sizeof(text), "<vendorConfig><%s>%u</%s></vendorConfig>",
			    numbers[i].element, numbers[i].number, numbers[i].element);
			buffer_clear(&document);
			buffer_format(&document, DEVICE("%s"), text);
			assert_accepted(
			    phone_configuration_read(buffer_bytes_of(&document), &read, &why), why);
			assert_string_equal(
			    vendor_value_name(read.vendor.value[j]), numbers[i].meaning);
			phone_configuration_init(&write);
			write.vendor.value[j] = read.vendor.value[j];
			buffer_clear(&document);
			assert_accepted(phone_configuration_write(&write, &document, &why), why);
			snprintf(text, sizeof(text), "<%s>%u</%s>", numbers[i].element,
			    numbers[i].number, numbers[i].element);
			assert_non_null(strstr(buffer_text_of(&document), text));
			tried++;
		}
	assert_int_equal(tried, COUNT(numbers));
	buffer_finish(&document);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_document_gets_its_sentence),
	    cmocka_unit_test(a_text_that_is_too_long_is_refused_only_where_it_counts),
	    cmocka_unit_test(another_makers_file_is_understood),
	    cmocka_unit_test(what_is_written_reads_back_the_same),
	    cmocka_unit_test(lists_are_opened_and_closed_once_per_member),
	    cmocka_unit_test(the_priority_decides_the_order_of_managers),
	    cmocka_unit_test(what_has_no_place_in_xml_is_not_written),
	    cmocka_unit_test(no_vendor_number_is_read_upside_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
