/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

const struct texts texts_de = {
	.language = "de",
	.sign_in = "Anmelden",
	.continue_to = "Melden Sie sich an, um mit %s fortzufahren.",
	.go_on_intro = "%s möchte Sie anmelden. Fahren Sie nur fort, wenn Sie es selbst wollten.",
	.go_on_as = "Weiter als %s",
	.other_account = "Anderes Konto verwenden",
	.username = "E-Mail-Adresse",
	.password = "Passwort",
	.otp_label = "Einmalpasswort",
	.otp_hint = "Aus der App auf einem Gerät, das Sie registriert haben. Wenn Sie keines mehr haben, wenden "
		"Sie sich an den Betreiber.",
	.otp_if = "Nur wenn ein Gerät registriert ist: aus der App darauf.",
	.wrong_otp = "Das Einmalpasswort ist falsch, benutzt oder abgelaufen. Holen Sie sich ein neues.",
	.error = "Fehler",
	.wrong = "Die E-Mail-Adresse oder das Passwort ist falsch.",
	.too_many = "Zu viele Versuche. Versuchen Sie es in %s min noch einmal.",
	.elsewhere = "Für dieses Konto wurden zu viele falsche Passwörter versucht. Melden Sie sich mit einem Browser oder in "
		"einem Netz an, das Sie schon benutzt haben, oder fragen Sie den Betreiber dieses Dienstes.",
	.expired = "Diese Seite war zu lange offen. Bitte melden Sie sich noch einmal an.",
	.busy = "Der Server ist ausgelastet. Bitte versuchen Sie es gleich noch einmal.",
	.cannot = "Die Anmeldung ist hier nicht möglich",
	.unknown_client = "Die Anwendung, von der Sie kommen, ist diesem Server nicht bekannt.",
	.unknown_redirect = "Die Rücksprungadresse der Anwendung ist für sie nicht eingetragen.",
	.long_state = "Die Anfrage der Anwendung ist zu lang.",
	.unknown_pushed = "Die Anfrage der Anwendung ist abgelaufen oder wurde schon beantwortet. Bitte beginnen Sie in der Anwendung noch einmal.",
	.foreign_form = "Das Formular kommt nicht von einer Seite dieses Servers.",
	.failed = "Im Server ist ein Fehler aufgetreten. Bitte versuchen Sie es noch einmal.",
	.signed_out = "Sie sind abgemeldet",
	.sign_out = "Abmelden",
	.sign_out_intro = "Eine Anwendung möchte Sie abmelden. Wenn Sie das nicht wollen, schließen Sie dieses Fenster.",
	.close_window = "Sie können dieses Fenster schließen.",
	.phone = "Virtuelles Telefon",
	.no_messages = "Noch keine Nachricht.",
	.enrollment_sms = "%s ist Ihr Code, um dieses Gerät zu registrieren.",
	.reset_sms = "%s ist Ihr Code, um eine neue PIN zu wählen.",
	.certification_sms = "%s ist Ihr Code, um diese Telefonnummer zu bestätigen.",
	.phone_changed_sms = "Ihr Konto hat jetzt eine neue Telefonnummer. Falls Sie es nicht waren, ändern Sie Ihr "
		"Passwort und bitten Sie um Hilfe.",
	.cancel = "Abbrechen",
	.go_on = "Weiter",
	.create_heading = "Konto anlegen",
	.create_intro = "Legen Sie ein Konto für %s an.",
	.new_password = "Neues Passwort",
	.repeat_password = "Neues Passwort wiederholen",
	.password_hint = "Mindestens %s Zeichen. Ein paar Wörter, die nicht zusammengehören, merkt man sich leicht.",
	.different = "Die beiden Passwörter sind nicht gleich.",
	.weak = "Das Passwort ist zu kurz oder zu lang.",
	.common = "Dieses Passwort ist weit verbreitet oder Ihre Adresse. Wählen Sie ein anderes, zum Beispiel ein paar Wörter.",
	.bad_email = "Das ist keine E-Mail-Adresse.",
	.code_heading = "Sehen Sie in Ihr Postfach",
	.code_intro = "Wir haben eine Nachricht an %s geschickt. Geben Sie den Code daraus ein.",
	.code_label = "Code",
	.wrong_code = "Der Code ist falsch oder abgelaufen.",
	.email_heading = "E-Mail-Adresse ändern",
	.new_email = "Neue E-Mail-Adresse",
	.password_heading = "Passwort ändern",
	.password_intro = "Alle Ihre anderen Geräte werden abgemeldet.",
	.current_password = "Bisheriges Passwort",
	.devices_heading = "Ihre Geräte",
	.no_devices = "Es ist kein Gerät registriert.",
	.enrolled_on = "Registriert am %s",
	.last_used_on = "Zuletzt benutzt am %s",
	.remove = "%s entfernen",
	.remove_sure = "Es erzeugt dann keine Einmalpasswörter mehr, bis es neu registriert wird.",
	.add_heading = "Gerät hinzufügen",
	.add_intro = "Ein Code, der hier angezeigt wird, registriert ein neues Gerät ohne SMS. Nachrichten im "
		"Telefonnetz können andere mitlesen oder umleiten.",
	.add_show = "Code anzeigen",
	.add_code = "Geben Sie diesen Code auf dem neuen Gerät ein:",
	.add_valid = "Er gilt für ein Gerät und %s Minuten lang. Sagen Sie ihn niemandem.",
	.sessions_heading = "Wo Sie angemeldet sind",
	.no_sessions = "Es ist keine Anwendung angemeldet.",
	.signed_in_on = "Angemeldet am %s",
	.end_session = "Von %s abmelden",
	.end_session_sure = "Sie müssen sich dort neu anmelden. Ein registriertes Gerät bleibt registriert.",
	.everywhere = "Überall abmelden",
	.everywhere_sure = "Alle Anwendungen und Browser, auch dieser, verlangen eine neue Anmeldung. Ihre Geräte bleiben registriert.",
	.recover_heading = "Konto wiederherstellen",
	.recover_intro = "Geben Sie den Code des Betreibers und Ihre neue Telefonnummer ein.",
	.recovery_code = "Wiederherstellungscode",
	.new_phone = "Neue Telefonnummer",
	.bad_phone = "Das ist keine Telefonnummer.",
	.code_tries = "Der Code ist falsch. Verbleibende Versuche: %s.",
	.send_again = "Code noch einmal senden",
	.sms_wait = "Die letzte Nachricht wurde gerade erst gesendet. In %s s kann sie noch einmal gesendet werden.",
	.no_country = "An Nummern dieses Landes werden keine Nachrichten gesendet.",
	.done = "Fertig",
	.phone_changed = "Ihre Telefonnummer wurde geändert. Sie können dieses Fenster schließen.",
	.code_subject = "Ihr Code",
	.notice_subject = "Ihr Konto",
	.create_mail = "%s ist Ihr Code, um ein Konto anzulegen. Falls Sie ihn nicht angefordert haben, brauchen Sie "
		"nichts zu tun.",
	.exists_mail = "Jemand wollte diese Adresse für ein Konto benutzen. Es gibt schon eines; es wurde nichts geändert.",
	.email_mail = "%s ist Ihr Code, um diese Adresse für Ihr Konto zu benutzen. Falls Sie ihn nicht angefordert "
		"haben, brauchen Sie nichts zu tun.",
	.email_changed_mail = "Die E-Mail-Adresse Ihres Kontos wurde geändert. Falls Sie es nicht waren, wenden Sie sich an "
		"den Betreiber.",
	.password_changed_mail = "Das Passwort Ihres Kontos wurde geändert. Falls Sie es nicht waren, wenden Sie sich an den "
		"Betreiber.",
	.phone_changed_mail = "Die Telefonnummer Ihres Kontos wurde geändert. Falls Sie es nicht waren, wenden Sie sich an "
		"den Betreiber.",
	.device_mail = "Für Ihr Konto wurde ein Gerät registriert: %s. Falls Sie es nicht waren, entfernen Sie es, "
		"ändern Sie Ihr Passwort und wenden Sie sich an den Betreiber.",
	.device_pin_mail = "Für Ihr Konto wurde ein Gerät registriert und die PIN gewählt: %s. Falls Sie es nicht "
		"waren, entfernen Sie das Gerät, ändern Sie Ihr Passwort und wenden Sie sich an den Betreiber.",
	.pin_mail = "Die PIN Ihres Kontos wurde geändert. Falls Sie es nicht waren, ändern Sie Ihr Passwort und "
		"wenden Sie sich an den Betreiber.",
	.otp_row = "Für dieses Konto wurden zu viele falsche Einmalpasswörter versucht. Holen "
		"Sie mit Ihrer PIN ein neues und geben Sie es ein.",
	.reset_heading = "Neues Passwort wählen",
	.reset_intro = "Geben Sie den Code ein, der Ihnen per E-Mail geschickt wurde. Alle Anwendungen und Browser verlangen dann eine neue Anmeldung.",
	.reset_done = "Ihr Passwort wurde geändert. Melden Sie sich mit dem neuen an.",
	.reset_mail = "%s ist Ihr Code, um ein neues Passwort zu wählen. Er gilt einmal und 24 Stunden lang. Der Betreiber hat ihn schicken lassen und "
		"kennt ihn nicht: sagen Sie ihn niemandem. Falls Sie ihn nicht angefordert haben, brauchen Sie nichts zu tun. Geben Sie ihn hier ein:",
	.new_place_mail = "Das Passwort Ihres Kontos wurde in einem Browser und einem Netz benutzt, wo es in letzter Zeit nicht benutzt "
		"wurde: %s. Falls Sie es nicht waren, ändern Sie Ihr Passwort und wenden Sie sich an den Betreiber.",
	.after_failures_mail = "Das Passwort Ihres Kontos wurde benutzt, nachdem mehrere falsche versucht worden waren: %s. Falls Sie "
		"es nicht waren, ändern Sie Ihr Passwort und wenden Sie sich an den Betreiber.",
	.row_full_mail = "Für Ihr Konto wurden sehr viele falsche Passwörter versucht, das letzte: %s. Sie können sich mit einem Browser "
		"oder in einem Netz anmelden, das Sie schon benutzt haben; wenn das nicht geht, wenden Sie sich an den Betreiber.",
	.wrong_otps_mail = "Das Passwort Ihres Kontos wurde benutzt und danach mehrere falsche Einmalpasswörter: %s. Falls Sie es "
		"nicht waren, ändern Sie Ihr Passwort und wenden Sie sich an den Betreiber.",
	.device_removed_mail = "Ein Gerät wurde aus Ihrem Konto entfernt: %s. Falls Sie es nicht waren, ändern Sie Ihr "
		"Passwort und wenden Sie sich an den Betreiber.",
	.passkey = "Passkey",
	.passkey_heading = "Benutzen Sie Ihren Passkey",
	.passkey_use = "Passkey benutzen",
	.passkey_failed = "Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal oder nehmen Sie einen anderen. Wenn Sie alle "
		"verloren haben, wenden Sie sich an den Betreiber.",
	.passkey_known = "Dieser Passkey ist schon registriert.",
	.passkey_refused = "Der Passkey wurde nicht angenommen. Versuchen Sie es noch einmal oder nehmen Sie einen anderen.",
	.passkey_script = "Diese Seite braucht JavaScript, um Ihren Browser nach dem Passkey zu fragen.",
	.passkey_accepted = "Der Passkey wurde angenommen. Bitte füllen Sie das Formular noch einmal aus.",
	.passkeys_heading = "Passkeys und Sicherheitsschlüssel",
	.passkeys_intro = "Damit meldet sich niemand an, der nur Ihr Passwort hat, auch wenn eine gefälschte Seite es Ihnen "
		"abgenommen hat. Registrieren Sie zwei, damit Sie sich noch anmelden können, wenn Sie einen verlieren.",
	.passkey_add = "Passkey hinzufügen",
	.passkey_add_intro = "Ihr Browser fragt, wo er aufbewahrt wird: auf einem Sicherheitsschlüssel, auf diesem Rechner oder auf "
		"einem Telefon. Danach verlangt jede Anmeldung ihn neben dem Passwort.",
	.passkey_name = "Name",
	.passkey_name_hint = "Damit Sie ihn wiedererkennen, etwa „Blauer Schlüssel“.",
	.passkey_first = "Benutzen Sie ihn jetzt einmal, um zu sehen, dass er funktioniert. Von da an zählt er.",
	.added_on = "Hinzugefügt am %s",
	.passkey_remove_sure = "Eine Anmeldung mit ihm ist dann nicht mehr möglich. War es der letzte, genügt wieder das Passwort oder "
		"das Einmalpasswort.",
	.passkey_added_mail = "Ein Passkey wurde zu Ihrem Konto hinzugefügt, und jede Anmeldung verlangt ihn von nun an: %s. Falls Sie "
		"es nicht waren, wenden Sie sich an den Betreiber.",
	.passkey_removed_mail = "Ein Passkey wurde aus Ihrem Konto entfernt: %s. Falls Sie es nicht waren, ändern Sie Ihr Passwort und "
		"wenden Sie sich an den Betreiber.",
};
