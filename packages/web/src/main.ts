/**
 * The web page. It knows the server only through its API: it asks, subscribes, and draws; it never changes anything on
 * the server and keeps nothing but colours, the theme and, for the tab, a token.
 * @module
 */
import './page/telltale-page.ts'
import { session } from './page/session.ts'
import { followTheme } from './page/theme.ts'

followTheme()
session.start()
document.body.append(document.createElement('telltale-page'))
