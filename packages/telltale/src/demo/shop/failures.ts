import type { Random } from '../random.ts'
import type { DemoEvent } from './moment.ts'

/** A way in which the shop's code fails. */
export interface Failure {
  exception: string
  message: (random: Random) => string
  /** Innermost first. */
  frames: readonly string[]
}

const SERVER_FRAMES = [
  'shop.middleware$wrap_session$fn__2231.invoke(middleware.clj:58)',
  'ring.middleware.params$wrap_params$fn__1478.invoke(params.clj:71)',
  'ring.adapter.jetty$proxy_handler$fn__3390.invoke(jetty.clj:27)',
  'org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:116)',
  'org.eclipse.jetty.server.Server.handle(Server.java:363)',
  'org.eclipse.jetty.util.thread.QueuedThreadPool$3.run(QueuedThreadPool.java:538)',
  'java.lang.Thread.run(Thread.java:679)',
]

type FailureName =
  | 'brokenLink'
  | 'poolTimeout'
  | 'unknownHost'
  | 'cart'
  | 'brokenHost'
  | 'timeout'
  | 'image'
  | 'encoding'

export const failures: Readonly<Record<FailureName, Failure>> = {
  brokenLink: {
    exception: 'java.lang.IllegalArgumentException',
    message: random => `parse-query-string: incomplete escape at position ${random.below(90) + 4}`,
    frames: ['shop.routes$parse_query_string.invoke(routes.clj:41)', 'shop.routes$route.invoke(routes.clj:66)'],
  },
  poolTimeout: {
    exception: 'java.sql.SQLException',
    message: () => 'could not obtain database connection within 5 sec.',
    frames: [
      'com.mchange.v2.c3p0.impl.C3P0PooledConnectionPool.checkoutPooledConnection(C3P0PooledConnectionPool.java:689)',
      'com.mchange.v2.c3p0.impl.AbstractPoolBackedDataSource.getConnection(AbstractPoolBackedDataSource.java:140)',
      'shop.db$with_connection.invoke(db.clj:23)',
    ],
  },
  unknownHost: {
    exception: 'java.net.UnknownHostException',
    message: random =>
      `java.net.UnknownHostException: ${random.pick(['payments.partner.net', 'images.cdn.net', 'dc0-cache01'])}`,
    frames: [
      'java.net.PlainSocketImpl.connect(PlainSocketImpl.java:175)',
      'java.net.Socket.connect(Socket.java:546)',
      'shop.http$get.invoke(http.clj:31)',
    ],
  },
  cart: {
    exception: 'java.lang.NullPointerException',
    message: () => 'discount of cart is nil',
    frames: [
      'clojure.lang.Numbers.ops(Numbers.java:942)',
      'shop.cart$total.invoke(cart.clj:112)',
      'shop.cart$show.invoke(cart.clj:30)',
    ],
  },
  brokenHost: {
    exception: 'java.io.IOException',
    message: () => 'No space left on device',
    frames: ['java.io.FileOutputStream.writeBytes(Native Method)', 'shop.session$save.invoke(session.clj:77)'],
  },
  timeout: {
    exception: 'java.net.SocketTimeoutException',
    message: random => `Read timed out after ${random.below(900) + 3000} ms`,
    frames: ['java.net.SocketInputStream.socketRead0(Native Method)', 'shop.http$get.invoke(http.clj:31)'],
  },
  image: {
    exception: 'java.lang.IllegalStateException',
    message: random =>
      `no image of size ${random.pick(['80x120', '160x240', '320x480'])} for product ${random.below(9000) + 1000}`,
    frames: ['shop.images$variant.invoke(images.clj:52)', 'shop.pages$product.invoke(pages.clj:88)'],
  },
  encoding: {
    exception: 'java.nio.charset.MalformedInputException',
    message: random => `Input length = ${random.below(3) + 1}`,
    frames: [
      'java.nio.charset.CoderResult.throwException(CoderResult.java:277)',
      'shop.search$terms.invoke(search.clj:19)',
    ],
  },
}

/** What goes wrong on the best of days. */
export const everyday: readonly Failure[] = [failures.timeout, failures.image, failures.encoding]

/** The event an application reports for it. */
export function exception(failure: Failure, at: Omit<DemoEvent, 'type' | 'tags'>, random: Random): DemoEvent {
  const message = failure.message(random)
  const stack = [...failure.frames, ...SERVER_FRAMES].map(frame => `\tat ${frame}`).join('\n')
  const { additional_info, ...rest } = at
  return {
    type: 'exception',
    ...rest,
    tags: ['error'],
    additional_info: {
      message,
      exception: failure.exception,
      ...additional_info,
      backtrace: `${failure.exception}: ${message}\n${stack}`,
    },
  }
}
