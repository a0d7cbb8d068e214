import type { Server } from './server.ts';

export interface StockItem {
  productId: string;
  productName: string;
  locationId: string;
  locationName: string;
  quantity: number;
  warningThreshold: number;
  criticalThreshold: number;
  severity: 'OK' | 'WARNING' | 'CRITICAL';
}

export interface EventItem {
  eventId: string;
  timestamp: string;
  type: string;
  data: Record<string, unknown>;
}

/** The REST API as another program uses it: with a user's token or an API key. */
export class Api {
  constructor(
    private readonly server: Server,
    private readonly credential: string,
  ) {}

  static async login(server: Server, email: string, password = 'harang-demo'): Promise<Api> {
    const answer = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    if (!answer.ok) throw new Error(`login of ${email}: ${answer.status} ${await answer.text()}`);
    return new Api(server, ((await answer.json()) as { accessToken: string }).accessToken);
  }

  async call<T>(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<T> {
    const answer = await fetch(`${this.server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.credential}`,
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Sets a user's password as an administrator does: the user must replace it after the next login. */
  async setPassword(email: string, password: string): Promise<void> {
    const { items } = await this.call<{ items: { id: string; email: string }[] }>('GET', '/admin/users?limit=200');
    const user = items.find((each) => each.email === email);
    if (user === undefined) throw new Error(`no user has the address ${email}`);
    await this.call('PATCH', `/admin/users/${user.id}`, { password });
  }

  async stock(query = ''): Promise<StockItem[]> {
    return (await this.call<{ items: StockItem[] }>('GET', `/inventory/stock?limit=200${query}`)).items;
  }

  async notifications(): Promise<EventItem[]> {
    return (await this.call<{ items: EventItem[] }>('GET', '/notifications?limit=200')).items;
  }

  /**
   * Sends a failed payment of another application, about a payment that is unknown here, under an id of its own.
   * Needs an API key. Returns the event's id.
   */
  async sendPaymentError(id: string, amount: number): Promise<string> {
    const { accepted } = await this.call<{ accepted: { eventId: string }[] }>(
      'POST',
      '/events',
      {
        specversion: '1.0',
        id,
        source: '/erp',
        type: 'payment_error',
        datacontenttype: 'application/json',
        data: {
          transactionId: 'erp-1',
          errorCode: 'iso:54',
          errorMessage: 'Lejárt',
          partnerId: 'p',
          partnerName: 'Alfa Építő Kft.',
          amount,
          currency: 'HUF',
        },
      },
      'application/cloudevents+json',
    );
    const [event] = accepted;
    if (event === undefined) throw new Error(`the event ${id} is not among the accepted ones`);
    return event.eventId;
  }

  /** Sends stock alerts of other applications, all in one batch. */
  async ring(count: number, prefix: string): Promise<void> {
    const events = Array.from({ length: count }, (_, i) => ({
      specversion: '1.0',
      id: `${prefix}-${i + 1}`,
      source: '/e2e',
      type: 'stock_alert',
      datacontenttype: 'application/json',
      data: {
        productId: `${prefix}-${i + 1}`,
        productName: `Próba ${prefix} ${i + 1}`,
        currentQuantity: 0,
        threshold: 1,
        locationId: 'proba',
        locationName: 'Próba',
        severity: 'CRITICAL',
      },
    }));
    await this.call('POST', '/events', events, 'application/cloudevents-batch+json');
  }
}
