import { useEffect, useRef, useState } from 'react';
import { useStore } from '@harang/react';
import { useLanguage, useTranslation } from '../shared/i18n/i18n';
import { Toast } from '../shared/ui/controls/toast';
import { useLiveTools } from './live-context';
import { ToastCard } from './toast-card';
import { type QueuedContent, showContent } from './toast-content';
import classes from './toast-region.module.css';
import { useSeen } from './use-seen';

/**
 * A toast for each live event. The queue decides what is shown and for how long; the component library announces it
 * and makes it reachable by keyboard (F6).
 */
export function ToastStack() {
  const [manager] = useState(() => Toast.createToastManager<QueuedContent>());
  return (
    // Its own clock would stop whenever the window is not in front: a second screen that nobody clicks.
    <Toast.Provider toastManager={manager} timeout={0} limit={10}>
      <Stack manager={manager} />
    </Toast.Provider>
  );
}

function Stack({ manager }: { manager: ReturnType<typeof Toast.createToastManager<QueuedContent>> }) {
  const { t } = useTranslation('live');
  const language = useLanguage();
  const { controller } = useLiveTools();
  const { pause, resume, close, shown } = controller.toasts;
  const { visible, more } = useStore(shown);
  const { toasts } = Toast.useToastManager<QueuedContent>();
  const viewport = useRef<HTMLDivElement>(null);
  const present = useRef(new Set<string>());

  useEffect(() => {
    const wanted = new Set(visible.map(({ id }) => id));
    for (const id of present.current) {
      if (wanted.has(id)) continue;
      present.current.delete(id);
      manager.close(id);
    }
    for (const queued of visible) {
      if (present.current.has(queued.id)) continue;
      present.current.add(queued.id);
      const { title, detail, next } = showContent(queued.content, language);
      manager.add({
        id: queued.id,
        title,
        description: [detail, next].filter(Boolean).join(' · '),
        // Errors are announced at once, the rest when the reader pauses.
        priority: queued.urgent ? 'high' : 'low',
        data: queued,
        onClose() {
          // By Escape or a swipe. One that gave its slot to a red one is closed too, but comes back.
          if (present.current.delete(queued.id)) close(queued.id);
        },
      });
    }
    // The focus leaves with a closed toast, and nobody says so.
    if (!viewport.current?.contains(document.activeElement)) resume('focus');
  }, [visible, language, manager, close, resume]);

  useSeen(visible.map(({ id }) => id));

  return (
    <Toast.Viewport
      ref={viewport}
      className={classes.stack}
      aria-label={t('toasts.label')}
      onPointerEnter={(event) => event.pointerType === 'mouse' && pause('hover')}
      onPointerLeave={() => resume('hover')}
      onFocus={() => pause('focus')}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) resume('focus');
      }}
    >
      {more > 0 && (
        <button type="button" className={classes.more} data-testid="toast-more" onClick={controller.openPanel}>
          {/* Few fonts have the wide plus that the sentence begins with; the eye gets an ordinary one. */}
          <span className={classes.plus}>＋</span>
          {t('toasts.more', { n: more })}
        </button>
      )}
      {[...toasts]
        .reverse()
        .map((toast) =>
          toast.data ? <ToastCard key={toast.id} toast={toast} queued={toast.data} onClose={close} /> : null,
        )}
    </Toast.Viewport>
  );
}
