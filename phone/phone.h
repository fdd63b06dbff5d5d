/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone/phone.h - the parts of a running phone, as its own files see each other. One struct a
 * part; each file owns its part and touches the others through the functions here.
 */
#ifndef PHONE_PHONE_H
#define PHONE_PHONE_H

#include <jansson.h>
#include <openssl/x509.h>

#include "base/loop.h"
#include "channel/channel.h"
#include "channel/control_server.h"
#include "keys/keys.h"
#include "media/capture.h"
#include "phone/options.h"
#include "provisioning/phone_configuration.h"
#include "signalling/sip_framing.h"
#include "storage/storage.h"
#include "telephone/agent.h"
#include "telephone/backoff.h"
#include "telephone/boot.h"
#include "telephone/messages.h"
#include "telephone/pending_audit.h"
#include "trust/trust_store.h"

enum {
	PHONE_EVENTS_KEPT = 256,       /* for those who ask afterwards */
	PHONE_STATUS_KEPT = 50,        /* status messages */
	PHONE_STATUS_SHOWN_MS = 30000, /* the newest stands on the screen so long */
	PHONE_POSTED_MOST = 32,        /* boot events not handled yet */
	PHONE_WATCHERS_MOST = 16,      /* who stream events */
};

/* Who we are: certificates beside the keys in the keykeeper. identity.c */
struct identity {
	struct device_name device;
	struct keys *keys;
	pid_t keykeeper;
	X509 *mic, *lsc; /* lsc NULL: none */
};

/* What people are told. notices.c */
struct notices {
	struct {
		enum message message;
		char text[MESSAGE_SIZE];
		int64_t wall;
	} status[PHONE_STATUS_KEPT];
	size_t status_count; /* ever; the newest is at (count - 1) % PHONE_STATUS_KEPT */
	uint64_t status_ms;  /* when the newest came */
	json_t *events[PHONE_EVENTS_KEPT];
	uint64_t event_count; /* ever */
	struct control_request *watchers[PHONE_WATCHERS_MOST];
};

/* The way from power-on to registered. boot_steps.c, lists.c, configuration.c, enrolment.c */
struct start {
	struct boot boot;
	struct backoff backoff;
	struct loop_timer *timer;
	enum boot_event posted[PHONE_POSTED_MOST];
	size_t posted_count;
	struct file_server server;
	struct file_fetch *fetch;
	const char *fetching; /* name in flight; one of the two below */
	char own_name[STORAGE_NAME_MOST];
	struct phone_configuration configuration;
	bool configured, configuration_changed, reset_wanted;
	uint64_t started_ms, registered_ms;
	struct capf *capf;
	char capf_string[32]; /* typed by the person for the next session; a secret */
	bool clock_told;
};

/* The connection to the manager. connection.c */
struct connection {
	struct channel *channel;
	struct channel_listener *udp;
	struct sip_framing framing;
	struct sip_flow flow;
	uint64_t last_id;
	struct tls *tls;
	struct loop_timer *ping;
	bool ping_out, peer_pongs;
	size_t manager; /* index in the configuration's list */
	char manager_text[ADDRESS_TEXT_SIZE + CONFIGURED_HOST_SIZE];
	char suite[64], version[16];
	struct peer_card peer;
	SSL_SESSION *session;
};

/* The media of one call. calls.c */
struct sound_stream {
	unsigned call; /* 0: free */
	struct media_stream *stream;
	struct phone *phone;
};

struct sound {
	struct audio_device *device;
	struct sound_stream streams[AGENT_CALLS_MOST];
};

struct phone {
	struct options options;
	struct loop *loop;
	struct identity identity;
	char store_folder[STORAGE_PATH_MOST], control_path[STORAGE_PATH_MOST];
	struct trust_store *store;
	struct pending_audit *pending;
	size_t reported; /* records in the report under way */
	struct notices notices;
	struct start start;
	struct connection connection;
	struct agent *agent;
	struct loop_timer *agent_timer, *screen_timer;
	struct sound sound;
	struct capture *capture;
	struct control_server *control;
};

/* The time by the rule of telephone/first_clock.h. clock in main.c */
int64_t phone_wall(struct phone *phone);
/* After anything that may have moved the agent's next deadline. */
void phone_agent_settle(struct phone *phone);

/* identity.c */
enum fault identity_open(struct phone *phone, struct why *why) MUST_CHECK;
void identity_close(struct identity *identity);
/* The certificate and key to show: LSC, else MIC. The key is the caller's. */
enum fault identity_current(struct identity *identity, X509 **certificate, EVP_PKEY **key,
    bool *is_lsc, struct why *why) MUST_CHECK;
enum fault identity_mic(struct identity *identity, EVP_PKEY **key, struct why *why) MUST_CHECK;
/* The new key stands in the keykeeper as lsc-next; certificate belongs to it. */
enum fault identity_install(struct phone *phone, X509 *certificate, struct why *why) MUST_CHECK;
/* No LSC is no fault. The MIC cannot be removed. */
enum fault identity_remove_lsc(struct phone *phone, struct why *why) MUST_CHECK;

/* notices.c */
void notice_status(struct phone *phone, enum message message, const char *argument);
/* The event's members in json_pack() style; logs it, too. */
void notice_event(struct phone *phone, const char *event, json_t *members);
/* Something was refused: status of the pending audit, event and log. */
void notice_refusal(
    struct phone *phone, const char *event, const char *subject, const char *reason);
void notices_free(struct notices *notices);
void notices_watch(struct phone *phone, struct control_request *request, bool replay);
const char *notice_newest_status(struct phone *phone); /* or NULL */

/* boot_steps.c */
/* Handled from the loop, never inside the caller. */
void boot_post(struct phone *phone, enum boot_event event);
void boot_free(struct phone *phone);
enum message boot_message(const struct phone *phone);

/* lists.c, configuration.c, enrolment.c: begin a step; its end is posted. */
void lists_fetch(struct phone *phone, enum trust_list_kind kind);
void configuration_fetch(struct phone *phone);
enum level configuration_mode(const struct phone *phone);
unsigned configuration_suites(const struct phone *phone);
/* The transport the configuration demands; there is no other way. */
enum transport configuration_transport(const struct phone *phone);
void enrolment_run(struct phone *phone);
void enrolment_free(struct phone *phone);
/* A CAPF server's or manager's certificate by the stored lists, as an approver's verdict. */
enum fault lists_approve(struct phone *phone, uint32_t roles, const struct peer_chain *chain,
    struct peer_verdict *verdict, struct why *why) MUST_CHECK;

/* connection.c */
void connection_open(struct phone *phone);
void connection_close(struct phone *phone);
void connection_send(struct phone *phone, struct bytes message);
bool connection_is_open(const struct phone *phone);

/* calls.c: the agent's seams and the media behind them */
enum fault calls_agent_new(struct phone *phone, struct why *why) MUST_CHECK;
void calls_free(struct phone *phone);
struct media_stream *calls_stream(struct phone *phone, unsigned call);
void calls_report(struct phone *phone);
bool calls_any(struct phone *phone);

/* screen.c */
void screen_draw(struct phone *phone, struct screen_text *text);
/* Redraws the terminal, if there is one. */
void screen_refresh(struct phone *phone);

/* facts.c: what status and security answer */
json_t *facts_status(struct phone *phone);
json_t *facts_security(struct phone *phone);
json_t *facts_call(struct phone *phone, const struct agent_call *call);

/* control.c */
enum fault control_open(struct phone *phone, struct why *why) MUST_CHECK;
#endif
