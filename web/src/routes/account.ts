import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';

import { shellRoute, words } from './root';

const account = createRoute({
  getParentRoute: () => shellRoute,
  path: '/account',
  loader: words('account', 'forms'),
  component: lazyRouteComponent(() => import('@/features/account/account-layout'), 'AccountLayout'),
});

const index = createRoute({
  getParentRoute: () => account,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/account/profile', replace: true });
  },
});

const profile = createRoute({
  getParentRoute: () => account,
  path: '/profile',
  component: lazyRouteComponent(() => import('@/features/account/profile-tab'), 'ProfileTab'),
});

const security = createRoute({
  getParentRoute: () => account,
  path: '/security',
  component: lazyRouteComponent(() => import('@/features/account/security-tab'), 'SecurityTab'),
});

const sessions = createRoute({
  getParentRoute: () => account,
  path: '/sessions',
  component: lazyRouteComponent(() => import('@/features/account/sessions-tab'), 'SessionsTab'),
});

const tokens = createRoute({
  getParentRoute: () => account,
  path: '/tokens',
  component: lazyRouteComponent(() => import('@/features/account/tokens-tab'), 'TokensTab'),
});

const preferences = createRoute({
  getParentRoute: () => account,
  path: '/preferences',
  component: lazyRouteComponent(() => import('@/features/account/preferences-tab'), 'PreferencesTab'),
});

const notifications = createRoute({
  getParentRoute: () => account,
  path: '/notifications',
  component: lazyRouteComponent(() => import('@/features/account/notifications-tab'), 'NotificationsTab'),
});

const appearance = createRoute({
  getParentRoute: () => account,
  path: '/appearance',
  component: lazyRouteComponent(() => import('@/features/account/appearance-tab'), 'AppearanceTab'),
});

const privacy = createRoute({
  getParentRoute: () => account,
  path: '/privacy',
  component: lazyRouteComponent(() => import('@/features/account/privacy-tab'), 'PrivacyTab'),
});

export const accountRoutes = [
  account.addChildren([index, profile, security, sessions, tokens, preferences, notifications, appearance, privacy]),
] as const;
