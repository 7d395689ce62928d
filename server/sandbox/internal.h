/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SANDBOX_INTERNAL_H
#define PIMSD_SANDBOX_INTERNAL_H

#include "server/sandbox/sandbox.h"

#include <pthread.h>
#include <stdatomic.h>

/* Private to server/sandbox. */

/* --- pause.c: waits that the end of the server cuts short --------------------------------------------------------------------------------------- */
struct pause {
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool ended;
	unsigned held, max_held;
};
void pause_init(struct pause *pause, unsigned max_held);
void pause_destroy(struct pause *pause);
/** False when it was ended. */
bool pause_wait(struct pause *pause, int64_t milliseconds);
/** The same on a worker: of those only max_held may wait, the others return at once. */
void pause_hold(struct pause *pause, int64_t milliseconds);
void pause_end(struct pause *pause);

/* --- clock.c ------------------------------------------------------------------------------------------------------------------------------------- */
struct shifted_clock {
	struct pims_clock real;
	_Atomic int64_t offset; /**< seconds */
};
void clock_shift(struct shifted_clock *clock, struct env *env);

/* --- call.c: which call a request belongs to ----------------------------------------------------------------------------------------------------- */
enum call_bit {
	CALL_DISCOVERY = 1 << 0,
	CALL_LOGIN = 1 << 1, /**< pages of the user agent */
	CALL_TOKEN = 1 << 2,
	CALL_LOGOUT = 1 << 3,
	CALL_SMS = 1 << 4,
	CALL_PHONE = 1 << 5,
	CALL_PHONE_CHANGE = 1 << 6,
	CALL_ACCOUNT = 1 << 7,
	CALL_DEVICES = 1 << 8,
	CALL_SERVICE = 1 << 9, /**< what an OTP is for: verification, remote token, car associations */
	CALL_CONFIRM = 1 << 10, /**< ActionSetup activate */
	CALL_ENROLL = 1 << 11,  /**< ActionFinalize activate */
	CALL_SYNC = 1 << 12,    /**< ActionFinalize ms */
	CALL_OTP = 1 << 13,
	CALL_PINCODE = 1 << 14, /**< modes password and reset */
	CALL_PROOF = 1 << 15,   /**< other modes: status */
	CALL_OTHER = 1 << 16,
	CALL_REMOVAL = 1 << 17 /**< of devices */
};
enum {
	CALLS_BEARER = CALL_SMS | CALL_PHONE | CALL_PHONE_CHANGE | CALL_ACCOUNT | CALL_DEVICES | CALL_REMOVAL | CALL_SERVICE,
	CALLS_IWWS = CALL_CONFIRM | CALL_ENROLL | CALL_SYNC | CALL_OTP | CALL_PINCODE | CALL_PROOF,
	CALLS_API = CALLS_BEARER | CALLS_IWWS | CALL_TOKEN | CALL_LOGOUT,
	CALLS_ANY = (1 << 18) - 1
};
unsigned call_of(const struct request *request);
/** Bits of a name ("otp", "any"), or 0. */
unsigned call_bits(const char *name);
/** A JSON array of the names that stand for none but these bits, or NULL. */
json_t *call_names(unsigned bits);

/* --- fault_table.c ------------------------------------------------------------------------------------------------------------------------------- */
enum fault_kind { FAULT_ERROR, FAULT_SLOW, FAULT_CUT, FAULT_SILENT };
struct fault_row;
struct fault {
	int64_t id;
	enum fault_kind kind;
	const struct fault_row *row; /**< of FAULT_ERROR, else NULL */
	unsigned calls;              /**< which it waits for */
	int count;
	int milliseconds; /**< of FAULT_SLOW */
	bool done;        /**< of a synchronisation that fails: the call is done, and its answer says so beside what it brings */
};
/** The row of a documented code, or NULL when it can't be provoked. */
const struct fault_row *fault_row(int64_t code);
int fault_code(const struct fault_row *row);
/** The calls that a fault waits for when it names none, and those it may name. */
unsigned fault_usual(const struct fault_row *row);
unsigned fault_possible(const struct fault_row *row);
/** What stays after this request: 1 = the fault is spent by it, 0 = it waits on (2301 waits for the renewal). */
int fault_spends(const struct fault *fault, unsigned call, const struct request *request);
/** True when the fault meets this request. */
bool fault_meets(const struct fault *fault, unsigned call, const struct request *request);
/** True when the fault changes the handler's answer (fault_spoil) instead of standing for it (fault_answer). */
bool fault_comes_after(const struct fault *fault, const struct request *request);
/** True when the fault can be one that lets the call be done. */
bool fault_can_be_done(const struct fault *fault);
/** Answers as the fault says. Only for FAULT_ERROR. */
void fault_answer(struct sandbox *sandbox, const struct fault *fault, struct request *request, struct response *response);
/** The handler's answer, with the synchronisation failed; a refusal of the handler's gives way to fault_answer(). */
void fault_spoil(struct sandbox *sandbox, const struct fault *fault, struct request *request, struct response *response);
/** {"code", "label", "calls", "answer"} of every row, or NULL. */
json_t *fault_codes(void);

/* --- fault.c ------------------------------------------------------------------------------------------------------------------------------------- */
enum { FAULTS_MAX = 64, FAULT_COUNT_MAX = 1000, FAULT_DELAY_MAX_MS = 60000, SILENCE_MS = 30000 };
struct faults {
	pthread_mutex_t lock;
	struct fault list[FAULTS_MAX];
	size_t count;
	int64_t next_id;
};
/** The fault for this request, once less in the list. False: none. */
bool faults_take(struct sandbox *sandbox, const struct request *request, struct fault *ret_fault);

/* --- calls.c ------------------------------------------------------------------------------------------------------------------------------------- */
enum { CALLS_MAX = 100 };
struct calls {
	pthread_mutex_t lock;
	json_t *list; /**< the oldest first */
	int64_t next_id;
};

/* --- events.c ------------------------------------------------------------------------------------------------------------------------------------ */
enum { EVENTS_MAX = 256, STREAMS_MAX = 16, STREAM_LIFE_MS = 300000, HEARTBEAT_MS = 15000 };
struct event_stream;
struct events {
	pthread_mutex_t lock;
	char *ring[EVENTS_MAX]; /**< event number n at n % EVENTS_MAX, as it goes out */
	int64_t next;           /**< number of the next event, from 1 */
	struct event_stream *streams;
	unsigned count;
	int64_t beats;
	pthread_mutex_t looking; /**< for messages, taken before `lock` */
	int64_t last_sms;        /**< newest one that was told */
	bool closed;
	pthread_t thread;
	bool running;
};
/** Tells every stream. Takes `data` over; NULL does nothing. Any thread. */
void events_tell(struct sandbox *sandbox, const char *name, json_t *data);
/** Tells messages that came since. On a worker. */
void events_look_for_sms(struct sandbox *sandbox);
int events_start(struct sandbox *sandbox);
void events_close(struct sandbox *sandbox);
void events_free(struct sandbox *sandbox);

/* --- guard.c ------------------------------------------------------------------------------------------------------------------------------------- */
bool sandbox_path(const struct request *request);
/** False: the request is another web page's, or came by a foreign name; `response` is filled. */
bool guard_passes(const struct request *request, struct response *response);

/* --- the whole ----------------------------------------------------------------------------------------------------------------------------------- */
struct sandbox {
	struct server *server;
	struct shifted_clock clock;
	struct pause pause;
	struct faults faults;
	struct calls calls;
	struct events events;
};
struct sandbox *request_sandbox(const struct request *request);
/** RFC 3339. PIMS_E_FORMAT, PIMS_E_MEMORY. */
int sandbox_put_time(json_t *object, const char *name, int64_t milliseconds);
/** The messages of the outbox after an id as a JSON array, oldest first, or NULL (server/web/sandbox.c). */
json_t *sandbox_messages(const struct server *server, int64_t after);

/* Handlers, each in its file; the last two in server/web/sandbox.c. */
void sandbox_faults_list(struct request *request, struct response *response);
void sandbox_faults_add(struct request *request, struct response *response);
void sandbox_faults_clear(struct request *request, struct response *response);
void sandbox_clock_tell(struct request *request, struct response *response);
void sandbox_clock_set(struct request *request, struct response *response);
void sandbox_calls(struct request *request, struct response *response);
void sandbox_events(struct request *request, struct response *response);
void sandbox_accounts(struct request *request, struct response *response);
void sandbox_page(struct request *request, struct response *response);
void sandbox_page_css(struct request *request, struct response *response);
void sandbox_page_js(struct request *request, struct response *response);
void sandbox_sms(struct request *request, struct response *response);
void sandbox_phone(struct request *request, struct response *response);

#endif
