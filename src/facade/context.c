/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/context.h"

#include "base/text.h"
#include "facade/call.h"
#include "facade/configuration.h"
#include "platform/agent_browser.h"
#include "platform/host.h"
#include "base/pins.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REQUEST_TIMEOUT_MS = 10000, AGENT_TIMEOUT_MS = 600000, LOCK_TIMEOUT_MS = 60000, HOST_NAME_MAX_BYTES = 128, LOG_DIR_MAX = 4096 };

/* What the loop does with its contexts when it goes. */
static void closed(struct loop_member *member)
{
	struct pims *pims = LINK_ENTRY(member, struct pims, member);

	pims->freed = true;
	call_cancel_all(pims, NULL);
	call_deliver_all(pims);
}

/* A structure of the application's that may be older, hence shorter, than ours. */
static void copy_sized(void *to, size_t to_size, const void *from)
{
	size_t size;

	if (!from)
		return;
	memcpy(&size, from, sizeof size);
	memcpy(to, from, size < to_size ? size : to_size);
}

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static int copy_options(struct pims *pims, const struct pims_options *options)
{
	int r = text_set(&pims->state_dir, options->state_dir);

	if (r == 0)
		r = text_set(&pims->device_name, options->device_name);
	if (r == 0)
		r = text_set(&pims->ca_file, options->ca_file);
	if (r == 0)
		r = text_set(&pims->pinned_keys, options->pinned_keys);
	pims->request_timeout_ms = or_default(options->request_timeout_ms, REQUEST_TIMEOUT_MS);
	pims->agent_timeout_ms = or_default(options->agent_timeout_ms, AGENT_TIMEOUT_MS);
	pims->lock_timeout_ms = or_default(options->lock_timeout_ms, LOCK_TIMEOUT_MS);
	copy_sized(&pims->store, sizeof pims->store, options->store);
	copy_sized(&pims->key, sizeof pims->key, options->key);
	copy_sized(&pims->transport, sizeof pims->transport, options->transport);
	copy_sized(&pims->agent, sizeof pims->agent, options->agent);
	env_init(&pims->env, loop_clock(pims->loop), options->random, options->log);
	log_file_init(&pims->log, &pims->env.log, &pims->env.clock);
	return r;
}

static void free_parts(struct pims *pims)
{
	context_release(pims);
	if (pims->browser)
		agent_browser_free(pims->browser);
	free(pims->browser);
	free(pims->state_dir);
	free(pims->device_name);
	free(pims->ca_file);
	free(pims->pinned_keys);
	free(pims);
}

static void init_lists(struct pims *pims)
{
	link_init(&pims->calls);
	link_init(&pims->discovery.waiting);
	link_init(&pims->renewal.waiting);
	link_init(&pims->lock.waiting);
}

static int check_new(struct pims **ret_pims, struct pims_loop *loop, const struct pims_options *options)
{
	if (!ret_pims || !loop || (options && options->size < sizeof options->size) || loop_is_closing(loop))
		return PIMS_E_INVALID;
	return loop_check_thread(loop);
}

/* A transport of the application's would not look at them, and nobody would notice. */
static bool pins_usable(const struct pims_options *options)
{
	return !options->pinned_keys || (!options->transport && pins_valid(options->pinned_keys));
}

int pims_new(struct pims **ret_pims, struct pims_loop *loop, const struct pims_options *options)
{
	struct pims_options given = {0};
	struct pims *pims;
	int r = check_new(ret_pims, loop, options);

	if (r < 0)
		return r;
	pims = calloc(1, sizeof *pims);
	if (!pims)
		return PIMS_E_MEMORY;
	pims->loop = loop;
	init_lists(pims);
	copy_sized(&given, sizeof given, options);
	r = pins_usable(&given) ? copy_options(pims, &given) : PIMS_E_INVALID;
	if (r < 0) {
		free_parts(pims);
		return r;
	}
	pims->member.close = closed;
	loop_join(loop, &pims->member);
	*ret_pims = pims;
	return 0;
}

void context_destroy(struct pims *pims)
{
	loop_leave(pims->loop, &pims->member);
	free_parts(pims);
}

void pims_free(struct pims *pims)
{
	if (!pims || pims->freed || loop_check_thread(pims->loop) < 0)
		return;
	pims->freed = true;
	call_cancel_all(pims, NULL);
	if (link_empty(&pims->calls))
		context_destroy(pims);
}

static void forget(struct pims *pims)
{
	pims->initialized = false;
	pims->stale = false;
	profile_free(&pims->profile);
	state_free(&pims->state);
	dpop_nonces_free(&pims->nonces);
	vault_close(&pims->vault);
	log_file_close(&pims->log);
	log_file_hook(&pims->log, &pims->env.log);
}

void context_release(struct pims *pims)
{
	forget(pims);
	if (pims->built_transport) {
		loop_transport_free(pims->built_transport);
		pims->built_transport = NULL;
		pims->transport = (struct pims_transport){0};
	}
}

const struct pims_transport *context_transport(struct pims *pims)
{
	const struct transport_trust trust = {pims->ca_file, pims->pinned_keys};

	if (pims->transport.send)
		return &pims->transport;
	if (loop_transport_new(&pims->built_transport, pims->loop, &trust) < 0)
		return NULL;
	loop_transport_hooks(pims->built_transport, &pims->transport);
	return &pims->transport;
}

const struct pims_agent *context_agent(struct pims *pims)
{
	if (pims->agent.open)
		return &pims->agent;
	pims->browser = calloc(1, sizeof *pims->browser);
	if (!pims->browser)
		return NULL;
	agent_browser_init(pims->browser);
	agent_browser_hooks(pims->browser, &pims->agent);
	return &pims->agent;
}

/* What is known of the server stays; session and device are the document's. */
static void take_state(struct pims *pims, struct state *read)
{
	read->clock_skew = pims->state.clock_skew;
	read->endpoints_time = pims->state.endpoints_time;
	state_free(&pims->state);
	pims->state = *read;
	pims->stale = false;
}

int context_refresh(struct pims *pims)
{
	json_t *document = NULL;
	struct state read = {0};
	int r;

	if (!pims->stale && !vault_changed(&pims->vault))
		return 0;
	pims->stale = true;
	r = vault_read(&pims->vault, &document);
	if (r == 0 && document) {
		r = state_decode(document, &pims->profile, &read);
		if (r < 0)
			vault_failed(&pims->vault, "cannot use the state", r);
	}
	if (r == 0)
		take_state(pims, &read);
	json_wipe(document);
	return r;
}

static int first_read(struct pims *pims)
{
	json_t *document = NULL;
	int r = vault_read(&pims->vault, &document);

	if (r < 0 || !document)
		return r;
	r = state_decode(document, &pims->profile, &pims->state);
	if (r < 0)
		vault_failed(&pims->vault, "cannot use the state", r);
	else
		state_endpoints(document, env_now(&pims->env) / 1000, &pims->profile, &pims->state);
	json_wipe(document);
	return r;
}

/* Name and platform, as other clients put them on the wire. */
static int name_device(struct pims *pims)
{
	char name[HOST_NAME_MAX_BYTES] = "";
	char text[sizeof name + HOST_TEXT_SIZE + 4];
	struct host host;

	if (pims->device_name)
		return 0;
	if (gethostname(name, sizeof name - 1) < 0 || !*name)
		text_copy(name, sizeof name, "device");
	host_read("", &host);
	(void)snprintf(text, sizeof text, "%s / %s", name, host.os);
	return text_set(&pims->device_name, text);
}

void context_monitor(struct pims *pims)
{
	log_file_set(&pims->log, &pims->profile.log);
	log_file_hook(&pims->log, &pims->env.log);
}

/* An application that keeps state and key itself and names no directory has none, and no files of ours. */
static int open_log(struct pims *pims)
{
	const char *state_dir = vault_dir(&pims->vault);
	struct buf dir = BUF_INIT(LOG_DIR_MAX);
	int r;

	if (!state_dir)
		state_dir = pims->state_dir;
	if (!state_dir)
		return 0;
	r = buf_printf(&dir, "%s/log", state_dir);
	if (r == 0)
		r = log_file_open(&pims->log, buf_text(&dir), &pims->profile.log);
	buf_free(&dir);
	log_file_hook(&pims->log, &pims->env.log);
	return r;
}

static int open_state(struct pims *pims)
{
	struct vault_options options = {&pims->store, &pims->key, pims->state_dir};
	int r = vault_open(&pims->vault, &pims->env, &options);

	if (r == 0)
		r = open_log(pims);
	if (r == 0)
		r = first_read(pims);
	return r == 0 ? name_device(pims) : r;
}

void context_initialize(struct pims *pims, struct call *call)
{
	int r;

	if (!configuration_read(&call->flow, call->has_text ? secret_text(&call->text) : NULL, &pims->profile))
		return;
	r = open_state(pims);
	if (r < 0) {
		forget(pims);
		flow_fail(&call->flow, PIMS_NOT_CONFIGURED, vault_cause(r));
		return;
	}
	pims->initialized = true;
	flow_succeed(&call->flow, NULL);
}
