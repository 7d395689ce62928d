/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

const struct texts texts_it = {
	.language = "it",
	.sign_in = "Accedi",
	.continue_to = "Acceda per continuare su %s.",
	.go_on_intro = "%s chiede di accedere con il Suo account. Continui solo se lo ha chiesto Lei.",
	.go_on_as = "Continua come %s",
	.other_account = "Usa un altro account",
	.username = "Indirizzo e-mail",
	.password = "Password",
	.otp_label = "Password monouso",
	.otp_hint = "Dall’app su un dispositivo che ha registrato. Se non ne ha più nessuno, si rivolga al "
		"gestore di questo servizio.",
	.otp_if = "Solo se un dispositivo è registrato: dalla sua app.",
	.wrong_otp = "La password monouso è errata, già usata o scaduta. Ne chieda una nuova.",
	.error = "Errore",
	.wrong = "L’indirizzo e-mail o la password non è corretta.",
	.too_many = "Troppi tentativi. Riprovi tra %s min.",
	.elsewhere = "Per questo account sono state provate troppe password errate. Acceda con un browser o da una rete che ha "
		"già usato, oppure chieda all’operatore di questo servizio.",
	.expired = "Questa pagina è rimasta aperta troppo a lungo. Acceda di nuovo.",
	.busy = "Il server è occupato. Riprovi tra un momento.",
	.cannot = "Qui non è possibile accedere",
	.unknown_client = "Questo server non conosce l’applicazione da cui arriva.",
	.unknown_redirect = "L’indirizzo di ritorno chiesto dall’applicazione non è registrato per essa.",
	.long_state = "La richiesta dell’applicazione è troppo lunga.",
	.unknown_pushed = "La richiesta dell’applicazione è scaduta o ha già avuto risposta. Ricominci dall’applicazione.",
	.foreign_form = "Il modulo non proviene da una pagina di questo server.",
	.failed = "Il server ha avuto un errore. Riprovi.",
	.signed_out = "È disconnesso",
	.sign_out = "Disconnetti",
	.sign_out_intro = "Un’applicazione vuole disconnetterla. Se non lo desidera, chiuda questa finestra.",
	.close_window = "Può chiudere questa finestra.",
	.phone = "Telefono virtuale",
	.no_messages = "Ancora nessun messaggio.",
	.enrollment_sms = "%s è il suo codice per registrare questo dispositivo.",
	.reset_sms = "%s è il suo codice per scegliere un nuovo PIN.",
	.certification_sms = "%s è il suo codice per confermare questo numero di telefono.",
	.phone_changed_sms = "Il suo account ha ora un nuovo numero di telefono. Se non è stato lei, cambi la password e "
		"chieda aiuto.",
	.cancel = "Annulla",
	.go_on = "Continua",
	.create_heading = "Crea un account",
	.create_intro = "Crei un account per %s.",
	.new_password = "Nuova password",
	.repeat_password = "Ripeta la nuova password",
	.password_hint = "Almeno %s caratteri. Alcune parole senza legame tra loro si ricordano facilmente.",
	.different = "Le due password non sono uguali.",
	.weak = "La password è troppo corta o troppo lunga.",
	.common = "Molti usano questa password, oppure è il suo indirizzo. Ne scelga un’altra, per esempio alcune parole.",
	.bad_email = "Non è un indirizzo e-mail.",
	.code_heading = "Controlli la posta",
	.code_intro = "Abbiamo inviato un messaggio a %s. Inserisca il codice che contiene.",
	.code_label = "Codice",
	.wrong_code = "Il codice è errato o scaduto.",
	.email_heading = "Cambiare l’indirizzo e-mail",
	.new_email = "Nuovo indirizzo e-mail",
	.password_heading = "Cambiare la password",
	.password_intro = "Tutti gli altri suoi dispositivi saranno disconnessi.",
	.current_password = "Password attuale",
	.devices_heading = "I suoi dispositivi",
	.no_devices = "Nessun dispositivo è registrato.",
	.enrolled_on = "Registrato il %s",
	.last_used_on = "Ultimo uso il %s",
	.remove = "Rimuovere %s",
	.remove_sure = "Non genererà più password monouso finché non sarà registrato di nuovo.",
	.add_heading = "Aggiungere un dispositivo",
	.add_intro = "Un codice mostrato qui registra un nuovo dispositivo senza SMS. Altri possono leggere o "
		"deviare i messaggi della rete telefonica.",
	.add_show = "Mostrare un codice",
	.add_code = "Inserisca questo codice nel nuovo dispositivo:",
	.add_valid = "Vale per un dispositivo e per %s minuti. Non lo dica a nessuno.",
	.sessions_heading = "Dove ha effettuato l’accesso",
	.no_sessions = "Nessuna applicazione è connessa.",
	.signed_in_on = "Accesso effettuato il %s",
	.end_session = "Disconnettere %s",
	.end_session_sure = "Le chiederà di accedere di nuovo. Un dispositivo registrato resta registrato.",
	.everywhere = "Disconnettere ovunque",
	.everywhere_sure = "Tutte le applicazioni e tutti i browser, anche questo, Le chiederanno di accedere di nuovo. I Suoi "
		"dispositivi restano registrati.",
	.recover_heading = "Recuperare l’account",
	.recover_intro = "Inserisca il codice ricevuto dal gestore e il suo nuovo numero di telefono.",
	.recovery_code = "Codice di recupero",
	.new_phone = "Nuovo numero di telefono",
	.bad_phone = "Non è un numero di telefono.",
	.code_tries = "Il codice è errato. Tentativi rimasti: %s.",
	.send_again = "Inviare di nuovo il codice",
	.sms_wait = "L’ultimo messaggio è appena stato inviato. Potrà essere inviato di nuovo tra %s s.",
	.no_country = "Non si inviano messaggi ai numeri di quel paese.",
	.done = "Fatto",
	.phone_changed = "Il suo numero di telefono è stato cambiato. Può chiudere questa finestra.",
	.code_subject = "Il suo codice",
	.notice_subject = "Il suo account",
	.create_mail = "%s è il suo codice per creare un account. Se non l’ha chiesto, non faccia nulla.",
	.exists_mail = "Qualcuno voleva usare questo indirizzo per un account. Ne esiste già uno; non è cambiato nulla.",
	.email_mail = "%s è il suo codice per usare questo indirizzo con il suo account. Se non l’ha chiesto, non "
		"faccia nulla.",
	.email_changed_mail = "L’indirizzo e-mail del suo account è stato cambiato. Se non è stato lei, avvisi il gestore di "
		"questo servizio.",
	.password_changed_mail = "La password del suo account è stata cambiata. Se non è stato lei, avvisi il gestore di questo "
		"servizio.",
	.phone_changed_mail = "Il numero di telefono del suo account è stato cambiato. Se non è stato lei, avvisi il gestore "
		"di questo servizio.",
	.device_mail = "Un dispositivo è stato registrato sul suo account: %s. Se non è stato lei, lo rimuova, cambi "
		"la password e avvisi il gestore di questo servizio.",
	.device_pin_mail = "Un dispositivo è stato registrato sul suo account ed è stato scelto il PIN: %s. Se non è "
		"stato lei, rimuova il dispositivo, cambi la password e avvisi il gestore di questo servizio.",
	.pin_mail = "Il PIN del suo account è stato cambiato. Se non è stato lei, cambi la password e avvisi il "
		"gestore di questo servizio.",
	.otp_row = "Sono state provate troppe password monouso errate per questo account. Ne "
		"ottenga una nuova con il suo PIN e la inserisca.",
	.reset_heading = "Scegliere una nuova password",
	.reset_intro = "Inserisca il codice ricevuto per e-mail. Tutte le applicazioni e tutti i browser Le chiederanno di accedere di nuovo.",
	.reset_done = "La sua password è stata cambiata. Acceda con quella nuova.",
	.reset_mail = "%s è il suo codice per scegliere una nuova password. Vale una volta, per 24 ore. Il gestore di questo servizio lo ha fatto "
		"inviare e non lo conosce: non lo dica a nessuno. Se non l’ha chiesto, non faccia nulla. Lo inserisca qui:",
	.new_place_mail = "La password del suo account è stata usata in un browser e in una rete in cui non era usata di recente: %s. Se "
		"non è stato lei, cambi la password e avvisi il gestore di questo servizio.",
	.after_failures_mail = "La password del suo account è stata usata dopo diversi tentativi errati: %s. Se non è stato lei, cambi "
		"la password e avvisi il gestore di questo servizio.",
	.row_full_mail = "Sono state provate moltissime password errate per il suo account, l’ultima: %s. Può accedere con un browser o "
		"in una rete che ha già usato; se non è possibile, si rivolga al gestore di questo servizio.",
	.wrong_otps_mail = "La password del suo account è stata usata, e poi diverse password monouso errate: %s. Se non è stato lei, "
		"cambi la password e avvisi il gestore di questo servizio.",
	.device_removed_mail = "Un dispositivo è stato rimosso dal suo account: %s. Se non è stato lei, cambi la password e "
		"avvisi il gestore di questo servizio.",
	.passkey = "Passkey",
	.passkey_heading = "Usi la sua passkey",
	.passkey_use = "Usare la passkey",
	.passkey_failed = "Nessuna passkey è stata usata. Riprovi o ne usi un’altra. Se le ha perse tutte, si rivolga al gestore di "
		"questo servizio.",
	.passkey_known = "Questa passkey è già registrata.",
	.passkey_refused = "La passkey non è stata accettata. Riprovi o ne usi un’altra.",
	.passkey_script = "Questa pagina ha bisogno di JavaScript per chiedere la passkey al suo browser.",
	.passkey_accepted = "La passkey è stata accettata. Compili il modulo ancora una volta.",
	.passkeys_heading = "Passkey e chiavi di sicurezza",
	.passkeys_intro = "Con una di queste non accede chi ha soltanto la sua password, anche se gliel’ha sottratta una pagina "
		"falsa. Ne registri due, per poter ancora accedere se ne perde una.",
	.passkey_add = "Aggiungere una passkey",
	.passkey_add_intro = "Il suo browser chiede dove conservarla: su una chiave di sicurezza, su questo computer o su un telefono. "
		"Da allora ogni accesso la chiede oltre alla password.",
	.passkey_name = "Nome",
	.passkey_name_hint = "Per riconoscerla, per esempio «Chiave blu».",
	.passkey_first = "La usi ora una volta, per vedere che funziona. Conta da quel momento.",
	.added_on = "Aggiunta il %s",
	.passkey_remove_sure = "Non sarà più possibile accedere con questa. Se era l’ultima, basta di nuovo la password, o la password "
		"monouso.",
	.passkey_added_mail = "Una passkey è stata aggiunta al suo account, e ogni accesso la chiede d’ora in poi: %s. Se non è stato "
		"lei, avvisi il gestore di questo servizio.",
	.passkey_removed_mail = "Una passkey è stata rimossa dal suo account: %s. Se non è stato lei, cambi la password e avvisi il "
		"gestore di questo servizio.",
};
